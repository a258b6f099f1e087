/**
 * Generates the TypeScript types of libs/client from docs/openapi.json. With `--check`, only checks that the existing
 * file is up to date.
 */
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { writeOrCheckGeneratedFile } from './generated-file.ts';

const source = new URL('../docs/openapi.json', import.meta.url);

writeOrCheckGeneratedFile(
  'libs/client/src/api.d.ts',
  COMMENT_HEADER + astToString(await openapiTS(source, { exportType: true })),
);
