/** Starts the notifier service as a process of its own. Everything else is loaded after the young generation is limited. */
import { limitYoungGeneration } from '@latchkey/process/young-generation';

limitYoungGeneration(process);
await import('./run.ts');
