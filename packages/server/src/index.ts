export { type Access, openAccess, type Permission, type Scope } from "./access.ts";
export { createApp } from "./app.ts";
export { type Aside, type AsideSettings, asideSettings, openAside } from "./cache-aside/aside.ts";
export type { ConfigInput } from "./config/config-schema.ts";
export type { ServedStore, ServerContext } from "./context.ts";
export type {
  CachedItem,
  CachedItems,
  CacheFunction,
  FunctionArguments,
} from "./functions/cached-items.ts";
export type { ClientCaching } from "./http/caching.ts";
export type { CorsOrigins } from "./http/cors.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { type Log, silentLog } from "./log.ts";
export { type Bulletin, noBulletin } from "./operations/bulletin.ts";
export { Jobs } from "./operations/jobs.ts";
