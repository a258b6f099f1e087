/** The path that all routes of auth but the key set are under. */
export const BASE = '/api/v1/auth';
