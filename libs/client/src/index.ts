export type { components, operations, paths } from './api.d.ts';
export { type AuthClient, type ClientOptions, createClient, type User } from './client.ts';
export type { Events } from './events.ts';
export { ApiProblem, dataOf, type FieldFault } from './problem.ts';
export { memoryStorage, type Session, type Storage } from './session.ts';
