/**
 * Runs when a user has verified an address with a link or a code. The address is verified already; an action
 * cannot take that back.
 *
 * An action may end the flow with an error or with messages, and tell other systems.
 *
 * @trigger ory/after-verification
 * @title After Verification
 * @mode sync
 * @subject event.flow.id event.identity.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type {
  AccessAPI,
  HookEvent,
  Identity,
  OrganizationHook,
  ValidationAPI,
  VerificationFlow,
} from "./shared.d.ts";

/**
 * Called once for every address that was verified.
 *
 * @example
 * ```js
 * exports.onAfterVerification = async (event) => {
 *   await fetch("https://crm.example.com/contacts", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${event.secrets.CRM_TOKEN}` },
 *     body: JSON.stringify({ id: event.identity.id, email: event.identity.traits.email }),
 *   });
 * };
 * ```
 * @handler onAfterVerification execute
 */
export type OnAfterVerification = (event: Event, api: AfterVerificationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A verification, and whose address it was. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was completed. */
  flow: VerificationFlow;
  /** The user whose address was verified. */
  identity: Identity;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface AfterVerificationAPI {
  /** End the flow with an error. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: OrganizationHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
