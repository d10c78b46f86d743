/**
 * Runs when somebody has completed a registration. `event.method` says how they are going to log in.
 *
 * An action may refuse the registration, answer it with messages, and change the identity; for that it runs
 * before Kratos stores the identity. Kratos runs the hooks that an action asks for once it is stored.
 *
 * @trigger ory/after-registration
 * @title After Registration
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
  RegistrationFlow,
  ValidationAPI,
} from "./shared.d.ts";

/**
 * Called once for every completed registration.
 *
 * @example
 * ```js
 * exports.onAfterRegistration = async (event, api) => {
 *   const { traits } = event.identity;
 *   if (!traits.email.endsWith("@example.com")) {
 *     api.validation.error("#/traits/email", { id: 4100001, text: "Please use your company address." });
 *     return;
 *   }
 *   api.identity.setMetadataPublic({ plan: "trial" });
 *   api.hooks.session();
 * };
 * ```
 * @handler onAfterRegistration execute
 */
export type OnAfterRegistration = (event: Event, api: AfterRegistrationAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** A registration and the identity that comes of it. Changes made to this object stay in the action. */
export interface Event extends HookEvent {
  /** The flow that was submitted. */
  flow: RegistrationFlow;
  /** The user who is to be stored. `api.identity` changes it at once. */
  identity: Identity;
  /** The method that the user registered with. */
  method: RegistrationMethod;
}

/** The ways to register that can have hooks of their own. */
export type RegistrationMethod = "password" | "webauthn" | "passkey" | "oidc" | "code";

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface AfterRegistrationAPI {
  /** Refuse the registration. */
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

export interface HooksAPI extends OrganizationHook {
  /**
   * Logs the user in at once: a browser gets a cookie, an application a token. Without it they log in by
   * themselves; after a social sign-up Kratos always logs them in. Once, it lets in users whose address still
   * has to be verified. Beware: whether there was a session tells a stranger whether the account existed.
   *
   * Kratos always does this last, wherever you call it, for it is the answer to the request.
   *
   * @effect hooks.session = true
   * @merge last
   */
  session(): void;
  /**
   * Tells the client to show the page for entering the code that verifies the address. Where verification is
   * enabled, Kratos sends that code by itself.
   *
   * @effect hooks.showVerificationUi = true
   * @merge last
   */
  showVerificationUi(): void;
}
