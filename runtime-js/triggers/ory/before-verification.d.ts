/**
 * Runs when the verification of an address begins: Kratos has created the flow, and no address has been
 * entered yet. There is no identity.
 *
 * An action may refuse the verification, answer it with messages, or send it to the single sign-on of an
 * organization.
 *
 * @trigger ory/before-verification
 * @title Before Verification
 * @mode sync
 * @subject event.flow.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { AccessAPI, HookEvent, OrganizationHook, ValidationAPI, VerificationFlow } from "./shared.d.ts";

/**
 * Called once for every verification that begins.
 *
 * @example
 * ```js
 * exports.onBeforeVerification = async (event, api) => {
 *   if (event.flow.type === "api") api.access.deny("not from applications");
 * };
 * ```
 * @handler onBeforeVerification execute
 */
export type OnBeforeVerification = (event: Event, api: BeforeVerificationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A verification that begins, and the request that began it. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was just created. */
  flow: VerificationFlow;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface BeforeVerificationAPI {
  /** Refuse the flow. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: OrganizationHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
