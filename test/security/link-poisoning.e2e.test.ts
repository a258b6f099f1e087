/** Tests that requests cannot change where links lead, on a server that runs all services in one process. */
import { defineLinkPoisoningTests } from '../support/link-poisoning-suite.ts';
import { startStandalone } from '../support/standalone.ts';

const PUBLIC_URL = 'http://accounts.example.com:8080';

defineLinkPoisoningTests('On a standalone', () => startStandalone({ LIMITS: 'off', PUBLIC_URL }), PUBLIC_URL);
