/**
 * Runs when a login begins: Kratos has created the flow, and the user has entered nothing yet. Nobody is
 * known at this point, so there is no identity.
 *
 * An action may refuse the login, answer it with messages, or send it to the single sign-on of an
 * organization.
 *
 * @trigger ory/before-login
 * @title Before Login
 * @mode sync
 * @subject event.flow.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { AccessAPI, HookEvent, LoginFlow, OrganizationHook, ValidationAPI } from "./shared.d.ts";

/**
 * Called once for every login that begins, also when a logged-in user is asked to log in again.
 *
 * @example
 * ```js
 * exports.onBeforeLogin = async (event, api) => {
 *   const agent = event.request_headers["User-Agent"]?.[0] ?? "";
 *   if (/curl|python-requests/i.test(agent)) api.access.deny(`a script: ${agent}`, "Please use a browser.");
 * };
 * ```
 * @handler onBeforeLogin execute
 */
export type OnBeforeLogin = (event: Event, api: BeforeLoginAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A login that begins, and the request that began it. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was just created. */
  flow: LoginFlow;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface BeforeLoginAPI {
  /** Refuse the flow. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: OrganizationHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
