/**
 * Runs when a user has proved who they are, before Kratos issues the session: after a password, a passkey, a
 * social sign-in, a code, or a second factor. `event.method` says which.
 *
 * An action may refuse the login, answer it with messages, end the user's other sessions, and insist on a
 * verified address. The hooks of a login cannot change the identity.
 *
 * @trigger ory/after-login
 * @title After Login
 * @mode sync
 * @subject event.flow.id event.identity.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type {
  AccessAPI,
  HookEvent,
  Identity,
  LoginFlow,
  OrganizationHook,
  RevokeSessionsHook,
  Session,
  ValidationAPI,
} from "./shared.d.ts";

/**
 * Called once for every method that the user completes; a second factor is a login of its own.
 *
 * @example
 * ```js
 * exports.onAfterLogin = async (event, api) => {
 *   if (event.identity.metadata_admin?.locked) {
 *     api.access.deny("locked by support", "Your account is locked. Please contact support.");
 *   }
 *   if (event.method === "password") api.hooks.revokeActiveSessions();
 * };
 * ```
 * @handler onAfterLogin execute
 */
export type OnAfterLogin = (event: Event, api: AfterLoginAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A login, who is logging in, and how. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was submitted. */
  flow: LoginFlow;
  /** The user who is logging in. */
  identity: Identity;
  /** The method that was just completed. */
  method: LoginMethod;
  /** The session that is about to be issued. */
  session: Session;
}

/** The ways to log in that can have hooks of their own. */
export type LoginMethod = "password" | "webauthn" | "passkey" | "oidc" | "code" | "totp" | "lookup_secret";

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface AfterLoginAPI {
  /** Refuse the login. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: HooksAPI;
  /** Answer with messages. */
  validation: ValidationAPI;
}

export interface HooksAPI extends OrganizationHook, RevokeSessionsHook {
  /**
   * Lets the user in only with a verified address: one is enough. Otherwise Kratos sends a code to the first
   * address, and to the page for entering it instead of logging in. An identity without any address that
   * could be verified is an error of the configuration, and nobody gets in.
   *
   * @effect hooks.requireVerifiedAddress = true
   * @merge last
   */
  requireVerifiedAddress(): void;
  /**
   * Begins the verification of the addresses that are not verified yet, and sends the codes. The login goes
   * on. After a social sign-in there is seldom anything to verify: Kratos' configuration has this hook in the
   * list for all methods alone, not in that of `oidc`.
   *
   * @effect hooks.verification = true
   * @merge last
   */
  verification(): void;
  /**
   * Tells the client to show the page for entering a code after the login. It needs a verification that has
   * begun, and `requireVerifiedAddress` shows the page by itself: Kratos keeps this for old configurations.
   *
   * @effect hooks.showVerificationUi = true
   * @merge last
   */
  showVerificationUi(): void;
}
