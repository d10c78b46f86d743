/**
 * Runs when a logged-in user has changed their settings: a credential, or their profile. `event.method` says
 * what was changed.
 *
 * An action may refuse the change, answer it with messages, and change the identity; for that it runs before
 * Kratos stores the change. Kratos runs the hooks that an action asks for once it is stored, except
 * `verifyNewAddress`.
 *
 * @trigger ory/after-settings
 * @title After Settings
 * @mode sync
 * @subject event.flow.id event.identity.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type {
  AccessAPI,
  HookEvent,
  Identity,
  IdentityAPI,
  OrganizationHook,
  Session,
  SettingsFlow,
  ValidationAPI,
} from "./shared.d.ts";

/**
 * Called once for every change.
 *
 * @example
 * ```js
 * exports.onAfterSettings = async (event, api) => {
 *   if (event.method === "profile") api.hooks.notifyPreviousAddresses({ recipients: "all_verified" });
 *   if (event.method === "password") api.hooks.revokeActiveSessions();
 * };
 * ```
 * @handler onAfterSettings execute
 */
export type OnAfterSettings = (event: Event, api: AfterSettingsAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A change of settings, and the identity that comes of it. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was submitted. */
  flow: SettingsFlow;
  /** The user with the change. `api.identity` changes it at once. */
  identity: Identity;
  /** What was changed. */
  method: SettingsMethod;
  /** The session that the user is logged in with. */
  session: Session;
}

/** What can be changed: a credential, or with `profile` the traits. */
export type SettingsMethod = "password" | "totp" | "oidc" | "webauthn" | "passkey" | "lookup_secret" | "profile";

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface AfterSettingsAPI {
  /** Refuse the change. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: HooksAPI;
  /**
   * Change the identity before it is stored. Each method replaces one field as a whole; Kratos checks the
   * result against the identity schema.
   */
  identity: IdentityAPI;
  /** Answer with messages. */
  validation: ValidationAPI;
}

/** Kratos revokes sessions after a changed credential, and has hooks about addresses for a changed profile. */
export interface HooksAPI extends OrganizationHook {
  /**
   * Ends all other sessions of the user after a credential has changed. Kratos keeps the one of this flow.
   *
   * @requires event.method != "profile" - Kratos revokes sessions after a changed credential, not after a
   *   changed profile.
   * @effect hooks.revokeActiveSessions = true
   * @merge last
   */
  revokeActiveSessions(): void;
  /**
   * Tells the client to show the page for entering the code that verifies a new address. Do not ask for
   * `verifyNewAddress` as well.
   *
   * @requires event.method = "profile" - Only a changed profile can have an address to verify.
   * @effect hooks.showVerificationUi = true
   * @merge last
   */
  showVerificationUi(): void;
  /**
   * Keeps the old address until the new one is verified: Kratos sends a code to the new one, stores no part of
   * the change, and ends the flow; the change is made when the code comes back. It needs a privileged session,
   * and cannot be combined with `showVerificationUi`.
   *
   * @requires event.method = "profile" - Only a changed profile can have an address to verify.
   * @discardedBy hooks.showVerificationUi - Kratos cannot combine verify_new_address with show_verification_ui.
   * @effect hooks.verifyNewAddress = true
   * @merge last
   */
  verifyNewAddress(): void;
  /**
   * Tells the addresses that the user had before that the profile has changed.
   *
   * @param options - Who is told: `removed`, which is Kratos' default, means the addresses that the change
   *   takes away; `all_verified` every verified address from before; `all` every address from before.
   * @requires event.method = "profile" - Only a changed profile can have previous addresses.
   * @merge last
   */
  notifyPreviousAddresses(options?: { recipients?: "removed" | "all_verified" | "all" }): void;
}
