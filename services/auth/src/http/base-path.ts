/** The path of every route of auth except the key set. */
export const BASE = '/api/v1/auth';
