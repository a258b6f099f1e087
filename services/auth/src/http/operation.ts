/** Declares routes that run a use case and count its outcomes. */
import { type HandlerInput, type Route, type RouteResponse, type RouteSpec, route } from '@latchkey/http';
import type { OperationCounter } from '../metrics.ts';
import { type Refusal, Refused } from '../refused.ts';
import { createHtmlResponse } from './link-page.ts';
import { mapFailuresToProblems, refusalProblemSpecs, toProblem } from './problems.ts';
import { authTexts } from './texts.ts';

interface OperationSpec<Caller, Params, Query, Body> extends RouteSpec<Caller, Params, Query, Body> {
  /** The name of the route's operation in the metrics. */
  readonly operation: string | ((input: HandlerInput<Caller, Params, Query, Body>) => string);
  /**
   * Renders the submitted form again with an error, if the person can correct the input.
   * @returns the HTML page; undefined if different input would not help
   */
  formAgain?(refusal: Refusal, input: HandlerInput<Caller, Params, Query, Body>): Promise<string | undefined>;
}

/**
 * Declares a route that counts the outcomes of its use case. If the use case refuses the input of a form, the
 * response is the HTML form with an error message. The response to any other failure is a problem (RFC 9457).
 */
export function defineOperationRoute<Caller, Params = undefined, Query = undefined, Body = undefined>(
  count: OperationCounter,
  spec: OperationSpec<Caller, Params, Query, Body>,
): Route {
  const { operation, formAgain, handle, ...declaration } = spec;

  async function attempt(input: HandlerInput<Caller, Params, Query, Body>): Promise<RouteResponse> {
    const name = typeof operation === 'string' ? operation : operation(input);
    try {
      const answer = await handle(input);
      count(name, 'ok');
      return answer;
    } catch (error) {
      count(name, toProblem(error)?.spec.code ?? 'failed');
      if (!(error instanceof Refused) || input.sentAs !== 'form') throw error;
      const form = await formAgain?.(error.refusal, input);
      if (form === undefined) throw error;
      return createHtmlResponse(form, refusalProblemSpecs[error.refusal.kind].status);
    }
  }

  return route({
    texts: authTexts,
    ...(typeof operation === 'string' && { operationId: operation }),
    ...declaration,
    handle: (input) => mapFailuresToProblems(() => attempt(input)),
  });
}
