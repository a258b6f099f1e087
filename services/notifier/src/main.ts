/** Starts the notifier service as a separate process. Everything else is loaded after the young generation is limited. */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
