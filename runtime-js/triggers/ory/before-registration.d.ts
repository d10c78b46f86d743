/**
 * Runs when a registration begins: Kratos has created the flow, and the visitor has entered nothing yet.
 * There is no identity.
 *
 * An action may refuse the registration, answer it with messages, or send it to the single sign-on of an
 * organization.
 *
 * @trigger ory/before-registration
 * @title Before Registration
 * @mode sync
 * @subject event.flow.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { AccessAPI, HookEvent, OrganizationHook, RegistrationFlow, ValidationAPI } from "./shared.d.ts";

/**
 * Called once for every registration that begins.
 *
 * @example
 * ```js
 * exports.onBeforeRegistration = async (event, api) => {
 *   const invitation = new URL(event.flow.request_url).searchParams.get("invitation");
 *   if (!invitation) api.access.deny("no invitation", "Registration is by invitation only for now.");
 * };
 * ```
 * @handler onBeforeRegistration execute
 */
export type OnBeforeRegistration = (event: Event, api: BeforeRegistrationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A registration that begins, and the request that began it. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was just created. */
  flow: RegistrationFlow;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface BeforeRegistrationAPI {
  /** Refuse the flow. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: OrganizationHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
