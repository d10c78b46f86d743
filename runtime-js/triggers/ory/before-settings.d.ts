/**
 * Runs when a logged-in user opens the page with their settings: Kratos has created the flow, and nothing
 * has been changed yet. The session says who it is; there is no `identity` beside it.
 *
 * An action may refuse the flow, answer it with messages, or send it to the single sign-on of an
 * organization.
 *
 * @trigger ory/before-settings
 * @title Before Settings
 * @mode sync
 * @subject event.flow.id
 */

import type { CacheAPI } from "../shared.d.ts";
import type { AccessAPI, HookEvent, OrganizationHook, Session, SettingsFlow, ValidationAPI } from "./shared.d.ts";

/**
 * Called once for every settings flow that begins.
 *
 * @example
 * ```js
 * exports.onBeforeSettings = async (event, api) => {
 *   if (event.session.authenticator_assurance_level === "aal1") {
 *     api.access.deny("needs a second factor", "Please log in with your second factor first.");
 *   }
 * };
 * ```
 * @handler onBeforeSettings execute
 */
export type OnBeforeSettings = (event: Event, api: BeforeSettingsAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/**
 * A settings flow that begins, who began it, and with which request. Changes made to this object stay in the
 * action.
 */
export interface Event extends HookEvent {
  /** The flow that was just created. */
  flow: SettingsFlow;
  /** The session that the user is logged in with. */
  session: Session;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. */
export interface BeforeSettingsAPI {
  /** Refuse the flow. */
  access: AccessAPI;
  /** Keep small values between executions. */
  cache: CacheAPI;
  /** Run hooks that are built into Kratos. */
  hooks: OrganizationHook;
  /** Answer with messages. */
  validation: ValidationAPI;
}
