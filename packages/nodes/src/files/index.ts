export { type LoadSettingsOptions, Settings, type TypeWithSettings } from "../settings/settings.ts";
export { getCachedObject, save } from "./result-file.ts";
