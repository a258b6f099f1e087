export { type Administration, openAdministration } from './administration.ts';
export { authIndexes, type EmbeddedBackend, type Store } from './backends.ts';
export { type AuthDeps, type AuthService, compose } from './compose.ts';
export { type AuthConfig, authSettings } from './config.ts';
export { widenThreadPool } from './passwords/hashing/thread-pool.ts';
