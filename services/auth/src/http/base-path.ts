/** The path prefix of the auth API. */
export const AUTH_BASE_PATH = '/api/v1/auth';
