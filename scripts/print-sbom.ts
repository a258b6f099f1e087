/**
 * `npm run sbom`: prints a software bill of materials (SBOM) of package-lock.json, or of the lock file that the
 * argument names.
 */
import { readFileSync } from 'node:fs';
import { createSbom } from './sbom.ts';

const [file = 'package-lock.json'] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
console.log(JSON.stringify(createSbom(JSON.parse(readFileSync(file, 'utf8')), version), null, 2));
