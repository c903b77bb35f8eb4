/** The worker of `parallel` where no other is named: it knows the types of this package, and no resources. */
import { createRegistry } from "../../definition/built-in-nodes.ts";
import { serveEvaluations } from "./serve-evaluations.ts";

serveEvaluations(createRegistry());
