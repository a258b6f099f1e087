/** The path of every route of auth except the key set. */
export const AUTH_BASE_PATH = '/api/v1/auth';
