export { type EvaluationHandlerOptions, evaluationHandler } from "./evaluation-handler.ts";
export { type EvaluationRequest, RESULT_TYPE } from "./evaluation-request.ts";
export { type RemoteOptions, remote } from "./remote.ts";
