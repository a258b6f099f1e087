export { DataFolderError } from './data-folder-error.ts';
export * from './database.ts';
export { isDatabaseFailure } from './database-failure.ts';
