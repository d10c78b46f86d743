/**
 * Runs when somebody asks for access to an account that they cannot log in to: Kratos has created the flow,
 * and no address has been entered yet. There is no identity.
 *
 * An action may refuse the recovery, answer it with messages, or send it to the single sign-on of an
 * organization.
 *
 * @trigger ory/before-recovery
 * @title Before Recovery
 * @mode sync
 * @subject event.flow.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { AccessAPI, HookEvent, OrganizationHook, RecoveryFlow, ValidationAPI } from "./shared.d.ts";

/**
 * Called once for every recovery that begins.
 *
 * @example
 * ```js
 * exports.onBeforeRecovery = async (event, api) => {
 *   const key = `recovery:${event.request_headers["True-Client-Ip"]?.[0]}`;
 *   const tries = Number(api.cache.get(key)?.value ?? 0) + 1;
 *   api.cache.set(key, String(tries));
 *   if (tries > 5) api.access.deny("too many recoveries", "Please try again in a quarter of an hour.");
 * };
 * ```
 * @handler onBeforeRecovery execute
 */
export type OnBeforeRecovery = (event: Event, api: BeforeRecoveryAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A recovery that begins, and the request that began it. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was just created. */
  flow: RecoveryFlow;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface BeforeRecoveryAPI {
  /** Refuse the flow. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: OrganizationHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
