import { catalogue } from '@latchkey/events';
import { type Route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import { emailAddressSchema } from '../../addresses/email.ts';
import { sendMailing } from '../../administration/mailing.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { idempotencyHeadersSchema, toIdempotentContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { defineOperationRoute } from '../operation.ts';
import { refusalProblemSpecs } from '../problems.ts';

const MOST_RECIPIENTS = 100;

export const mailingBodySchema = z.object({
  addresses: z.array(emailAddressSchema).min(1).max(MOST_RECIPIENTS),
  template: catalogue.MailRequested.schema.shape.template.default('welcome'),
});

export function createMailingRoutes(deps: RouteDeps): readonly Route[] {
  const sendMailRoute = defineOperationRoute(deps.count, {
    operation: 'sendMail',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/send-mail`,
    tag: 'administration',
    summary: 'Send a mail to a list of addresses',
    description: 'One mail per address, all or nothing.',
    policy: deps.guards.withRole('admin'),
    headers: idempotencyHeadersSchema,
    body: mailingBodySchema,
    answers: {
      202: {
        description: 'Accepted; the mails follow.',
        schema: z.object({ message: z.string(), mailingId: z.uuid() }),
      },
    },
    problems: [
      refusalProblemSpecs.idempotency_key_reused,
      standardProblems.rate_limited,
      standardProblems.conflict,
    ],
    handle: async (request) => {
      const { addresses, template } = request.body;
      // Different spellings of one address count as one recipient.
      const byAddress = new Map(addresses.map(({ canonical, stored }) => [canonical, stored]));
      const mailing = { recipients: [...byAddress.values()], template };
      const mailingId = await sendMailing(deps, mailing, request.caller, toIdempotentContext(request));
      return { status: 202, body: { message: 'Email accepted for sending', mailingId } };
    },
  });
  return [sendMailRoute];
}
