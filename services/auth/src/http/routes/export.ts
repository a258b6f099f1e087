import { exportDocumentSchema } from '@latchkey/export';
import { type Route, standardProblems } from '@latchkey/http';
import { extractBearerToken } from '@latchkey/tokens';
import { z } from 'zod';
import { exportOwnAccount } from '../../export/export-account.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { defineOperationRoute } from '../operation.ts';
import { refusalProblemSpecs } from '../problems.ts';
import { passwordTextSchema } from '../schemas.ts';

export function createExportRoutes(deps: RouteDeps): readonly Route[] {
  return [exportRoute(deps)];
}

/**
 * Declares the route of the data export. It uses POST, because the request contains the password, which must
 * not be in the URL, and because a GET has no body.
 */
function exportRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'exportOwnAccount',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/export`,
    tag: 'accounts',
    summary: "Export everything that is stored about one's own account",
    description:
      'One JSON document: profile, events, sessions, mails and sign-ins. The document is streamed: if the connection breaks, the document is incomplete. Changes nothing; the export is recorded, and the history shows it.',
    policy: deps.guards.authenticated,
    body: z.object({ password: passwordTextSchema }),
    answers: {
      200: { description: 'The document.', schema: exportDocumentSchema, headers: ['Content-Disposition'] },
    },
    problems: [refusalProblemSpecs.password_incorrect, standardProblems.rate_limited],
    handle: async (request) => {
      const pieces = await exportOwnAccount(
        deps,
        request.body,
        request.caller,
        extractBearerToken(request.headers['authorization']) ?? '',
        toUseCaseContext(request),
      );
      return {
        status: 200,
        headers: { 'Content-Disposition': 'attachment; filename="account.json"' },
        stream: { type: 'application/json; charset=utf-8', pieces },
      };
    },
  });
}
