export { type Administration, openAdministration } from './administration.ts';
export { type AuthDeps, type AuthService, compose, type EmbeddedBackend } from './compose.ts';
export { type AuthConfig, allowedOrigins, authSettings } from './config.ts';
export { widenThreadPool } from './credentials/thread-pool.ts';
