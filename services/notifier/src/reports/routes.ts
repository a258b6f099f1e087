/** The HTTP routes to which mail providers send reports. */
import {
  type AccessPolicy,
  createUnavailableProblem,
  Problem,
  publicAccessPolicy,
  type Route,
  route,
  standardProblems,
} from '@latchkey/http';
import { z } from 'zod';
import type { MailReportReader } from '../ports/reports.ts';
import type { HandleMailReport } from './record-report.ts';

const provider: AccessPolicy<null> = {
  ...publicAccessPolicy,
  who: 'the provider, which signs the request or knows a password',
};

const forged = { ...standardProblems.insufficient_permission, title: 'Not Genuine' };

/**
 * Creates the HTTP routes to which mail providers send reports.
 * @param take called for each request. Returns the function that handles reports; undefined while the service
 * is not started
 */
export function createReportRoutes(
  readers: readonly MailReportReader[],
  take: () => HandleMailReport | undefined,
): readonly Route[] {
  return readers.map((reader) =>
    route({
      method: 'POST',
      path: `/api/v1/mail-reports/${reader.source}`,
      tag: 'mail reports',
      summary: `A bounce or complaint, reported by ${reader.source}`,
      policy: provider,
      body: z.instanceof(Buffer),
      accepts: ['raw'],
      answers: { 204: { description: 'The report was recorded, or there was nothing to record.' } },
      problems: [forged, standardProblems.unavailable],
      hidden: true,
      async handle({ body, headers }) {
        const taken = await take()?.(reader, { body, proof: headers['authorization'] });
        switch (taken) {
          case 'done':
            return { status: 204 };
          case 'forged':
            throw new Problem(forged, { detail: 'The signature or the password of the report is wrong.' });
          default:
            throw createUnavailableProblem('The report cannot be recorded at present: send it again.', 60);
        }
      },
    }),
  );
}
