export { DataFolderError } from './data-folder-error.ts';
export * from './database.ts';
export { isDatabaseFailure } from './database-failure.ts';
export { type PagedQuery, pages, type Row } from './pages.ts';
export { reportingFailures } from './reporting-failures.ts';
