/**
 * Runs when a user has got back into their account with a link or a code, before Kratos lets them choose new
 * credentials. The user has a session from here on, which can only be used to change settings.
 *
 * An action may refuse the recovery, answer it with messages, and end the user's other sessions.
 *
 * @trigger ory/after-recovery
 * @title After Recovery
 * @mode sync
 * @subject event.flow.id event.identity.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type {
  AccessAPI,
  HookEvent,
  Identity,
  RecoveryFlow,
  RevokeSessionsHook,
  ValidationAPI,
} from "./shared.d.ts";

/**
 * Called once for every completed recovery.
 *
 * @example
 * ```js
 * exports.onAfterRecovery = async (event, api) => {
 *   // Whoever took over the account is out.
 *   api.hooks.revokeActiveSessions();
 * };
 * ```
 * @handler onAfterRecovery execute
 */
export type OnAfterRecovery = (event: Event, api: AfterRecoveryAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A recovery, and whose account it was. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was completed. */
  flow: RecoveryFlow;
  /** The user who has recovered their account. */
  identity: Identity;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface AfterRecoveryAPI {
  /** Refuse the recovery. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: RevokeSessionsHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
