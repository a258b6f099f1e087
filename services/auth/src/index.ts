export { type AuthDeps, type AuthService, compose } from './compose.ts';
export { type AuthConfig, authSettingsSchema } from './config.ts';
export { authOpenApiTags } from './http/routes/documents.ts';
export { enlargeThreadPool } from './passwords/hashing/thread-pool.ts';
export { openAuthStores } from './storage/index.ts';
