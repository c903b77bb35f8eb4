export { type Access, openAccess, type Permission, type Scope } from "./access.ts";
export { createApp } from "./app.ts";
export type { ServedStore, ServerContext } from "./context.ts";
export { type Log, silentLog } from "./log.ts";
