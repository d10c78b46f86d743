/*
 * Types that the triggers of Ory share: what Kratos tells a web hook about a flow, and what an action may
 * ask Kratos for.
 */

import type { Configuration, Secrets, Timestamp } from "../shared.d.ts";

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** What the events of all Kratos triggers have: the request that reached Kratos. */
export interface HookEvent {
  /**
   * Plain settings of the action.
   * @provided
   */
  configuration: Configuration;
  /**
   * The cookies of the request by name, session cookies included: never write them to a log.
   * @sensitive
   */
  request_cookies: Record<string, string>;
  /** The headers that the host lets through, by name, each with all of its values. */
  request_headers: RequestHeaders;
  /** The HTTP method. */
  request_method: string;
  /** The URL that was asked. */
  request_url: string;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
}

/** Headers of a request, each with all of its values. Those that carry credentials are hidden in logs. */
export interface RequestHeaders {
  /** @sensitive */
  Authorization?: string[];
  /** @sensitive */
  "Proxy-Authorization"?: string[];
  /** @sensitive */
  Cookie?: string[];
  /** @sensitive */
  "X-Csrf-Token"?: string[];
  /** @sensitive */
  "X-Session-Token"?: string[];
  [name: string]: string[];
}

/** What all self-service flows have. */
export interface Flow {
  /** Identifier of the flow. */
  id: string;
  /** Whether a browser or an application drives the flow. */
  type: "browser" | "api";
  /** When the flow was created. */
  issued_at: Timestamp;
  /** When the flow ends if nobody completes it. */
  expires_at: Timestamp;
  /** The URL that started the flow, with its query. */
  request_url: string;
  /** Where the user goes afterwards. */
  return_to?: string;
  /** The method that was chosen last, such as `password` or `link`. A new flow has none. */
  active?: string | null;
  /** What the user is shown. */
  ui: Ui;
  /** What the client sent along under `transient_payload`. Kratos does not store it; do not trust it. */
  transient_payload?: Record<string, any> | null;
}

/** How far a flow is in which the user may have to enter a code. */
export type FlowState = "choose_method" | "sent_email" | "passed_challenge";

/** A login. */
export interface LoginFlow extends Flow {
  state?: FlowState;
  /** Whether the user is logged in and asked to prove it again. */
  refresh?: boolean;
  /** The assurance level that is wanted: `aal2` asks for a second factor. */
  requested_aal?: "aal1" | "aal2";
  organization_id?: string | null;
  /** The identity schema that was asked for. */
  identity_schema?: string | null;
  oauth2_login_challenge?: string;
  oauth2_login_request?: OAuth2LoginRequest | null;
  created_at?: Timestamp;
  updated_at?: Timestamp;
}

/** A registration. */
export interface RegistrationFlow extends Flow {
  state?: FlowState;
  organization_id?: string | null;
  /** The identity schema that was asked for. */
  identity_schema?: string | null;
  oauth2_login_challenge?: string;
  oauth2_login_request?: OAuth2LoginRequest | null;
}

/** A change of settings. */
export interface SettingsFlow extends Flow {
  state?: "show_form" | "success";
  /** The user as they were before the change. */
  identity?: Identity;
  continue_with?: ContinueWith[] | null;
}

/** A recovery of an account. */
export interface RecoveryFlow extends Flow {
  state?: FlowState;
  continue_with?: ContinueWith[] | null;
}

/** A verification of an address. */
export interface VerificationFlow extends Flow {
  state?: FlowState;
}

/** What the client is to do after the flow. */
export interface ContinueWith {
  /** What, such as `show_verification_ui`, `show_settings_ui` or `redirect_browser_to`. */
  action: string;
  /**
   * The session token of an application, for `set_ory_session_token`.
   * @sensitive
   */
  ory_session_token?: string;
  [field: string]: any;
}

/** The OAuth 2.0 request of Hydra that a login or a registration answers. */
export interface OAuth2LoginRequest {
  challenge?: string;
  client?: {
    client_id?: string;
    client_name?: string;
    metadata?: Record<string, any> | null;
  };
  requested_scope?: string[] | null;
  requested_access_token_audience?: string[] | null;
  /** Whether the user need not be asked again. */
  skip?: boolean;
  subject?: string;
}

/** A form, as Kratos describes it to the page that renders it. */
export interface Ui {
  /** Where the form is sent to. */
  action: string;
  /** The HTTP method of the form. */
  method: string;
  /** The fields and other elements, in order. */
  nodes: UiNode[];
  /** Messages about the form as a whole. */
  messages?: UiText[] | null;
}

/** An element of a form. */
export interface UiNode {
  /** The kind of element. */
  type: "text" | "input" | "img" | "a" | "script" | "div";
  /** The method that the element belongs to, or `default`. */
  group: string;
  attributes: UiNodeAttributes;
  /** Messages about this element. */
  messages: UiText[];
  meta: {
    label?: UiText | null;
  };
}

export type UiNodeAttributes =
  | UiInputAttributes
  | UiSecretInputAttributes
  | UiTextAttributes
  | UiSecretTextAttributes
  | UiImageAttributes
  | UiSecretImageAttributes
  | UiAnchorAttributes
  | UiScriptAttributes
  | UiDivisionAttributes;

export interface UiInputAttributes {
  node_type: "input";
  /** The name of the field, such as `traits.email`. */
  name: string;
  /** The type of the field, such as `text`, `password`, `hidden` or `submit`. */
  type: string;
  value?: any;
  required?: boolean;
  disabled: boolean;
  autocomplete?: string;
  pattern?: string;
  maxlength?: number;
  label?: UiText;
  onclick?: string;
  onclickTrigger?: string;
  onload?: string;
  onloadTrigger?: string;
}

/** A field for something that only the user knows. */
export interface UiSecretInputAttributes extends UiInputAttributes {
  name: "csrf_token" | "password" | "code" | "totp_code" | "lookup_secret";
  /** @sensitive */
  value?: any;
}

export interface UiTextAttributes {
  node_type: "text";
  id: string;
  text: UiText;
}

/** The key of an authenticator application, or recovery codes, for the user to keep. */
export interface UiSecretTextAttributes extends UiTextAttributes {
  id: "totp_secret_key" | "lookup_secret_codes";
  text: UiSecretText;
}

export interface UiImageAttributes {
  node_type: "img";
  id: string;
  src: string;
  width: number;
  height: number;
}

/** The key of an authenticator application as a QR code. */
export interface UiSecretImageAttributes extends UiImageAttributes {
  id: "totp_qr";
  /** @sensitive */
  src: string;
}

export interface UiAnchorAttributes {
  node_type: "a";
  id: string;
  href: string;
  title: UiText;
}

export interface UiScriptAttributes {
  node_type: "script";
  id: string;
  src: string;
  type: string;
  async: boolean;
  crossorigin: string;
  integrity: string;
  nonce: string;
  referrerpolicy: string;
}

export interface UiDivisionAttributes {
  node_type: "div";
  id: string;
  class?: string;
  data?: Record<string, string>;
}

/** A message with the number by which Ory's messages are translated. */
export interface UiText {
  /** @asType integer */
  id: number;
  text: string;
  type: "info" | "error" | "success";
  /** Values that the text was made from. */
  context?: Record<string, any> | null;
}

/** A message that shows the user a secret. */
export interface UiSecretText extends UiText {
  /** @sensitive */
  text: string;
  /** Values that the text was made from. */
  context?: UiSecretContext | null;
}

export interface UiSecretContext {
  /** @sensitive */
  secret?: string;
  secrets?: UiSecretText[];
  [name: string]: any;
}

/** A user. */
export interface Identity {
  id: string;
  /** The identity schema that the traits follow. */
  schema_id: string;
  /** Where the schema can be read. */
  schema_url?: string;
  state?: IdentityState;
  state_changed_at?: Timestamp | null;
  /** What the user may edit, as the identity schema says: names, addresses and so on. */
  traits: Record<string, any>;
  /** The ways to log in by kind; passwords and their hashes are not among them. */
  credentials?: Record<string, IdentityCredentials>;
  /** Addresses that are verified or can be. */
  verifiable_addresses?: VerifiableAddress[] | null;
  /** Addresses that an account can be recovered with. */
  recovery_addresses?: RecoveryAddress[] | null;
  /** What the user can see but not edit. */
  metadata_public?: Record<string, any> | null;
  /** What only the host and actions can see. */
  metadata_admin?: Record<string, any> | null;
  /** The identifier of this user elsewhere. */
  external_id?: string | null;
  organization_id?: string | null;
  created_at?: Timestamp;
  updated_at?: Timestamp;
}

/** Whether the user may log in. */
export type IdentityState = "active" | "inactive";

export interface IdentityCredentials {
  /** The kind, such as `password`, `oidc` or `passkey`. */
  type: string;
  /** What the user enters or is known by: an address, a name, `PROVIDER:SUBJECT`. */
  identifiers?: string[] | null;
  /** Settings without secrets. */
  config?: Record<string, any>;
  version?: number;
  created_at?: Timestamp;
  updated_at?: Timestamp;
}

export interface VerifiableAddress {
  id?: string;
  /**
   * The address.
   * @minLength 1
   */
  value: string;
  via: "email" | "sms";
  verified: boolean;
  /** Whether a code was sent, and whether it came back. */
  status: "pending" | "sent" | "completed";
  verified_at?: Timestamp | null;
  created_at?: Timestamp;
  updated_at?: Timestamp;
}

export interface RecoveryAddress {
  id?: string;
  /**
   * The address.
   * @minLength 1
   */
  value: string;
  via: "email" | "sms";
  created_at?: Timestamp;
  updated_at?: Timestamp;
}

/** A login session. */
export interface Session {
  id: string;
  active: boolean;
  /** How sure Kratos is of the user: `aal2` after a second factor. */
  authenticator_assurance_level: "aal0" | "aal1" | "aal2" | "aal3";
  /** How the user logged in, in order. */
  authentication_methods: AuthenticationMethod[];
  /** When the user logged in. */
  authenticated_at?: Timestamp;
  issued_at?: Timestamp;
  expires_at?: Timestamp;
  /** Where the session was used. */
  devices?: SessionDevice[] | null;
  identity?: Identity | null;
}

export interface AuthenticationMethod {
  /** The method, such as `password`, `oidc`, `totp` or `code_recovery`. */
  method: string;
  /** The assurance level that this method gives. */
  aal: string;
  completed_at: Timestamp;
  /** The provider of a social sign-in. */
  provider?: string;
  /** The organization of a social sign-in. */
  organization?: string;
}

export interface SessionDevice {
  id: string;
  ip_address?: string | null;
  /** Where the address is thought to be, such as `Utrecht, NL`. */
  location?: string | null;
  user_agent?: string | null;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

export interface AccessAPI {
  /**
   * Refuses to go on with the flow. The handler still runs to its end; later actions do not run.
   *
   * The flow ends with an error: nobody is logged in, registered or changed by it. The user sees
   * `userMessage`; without one, only that the request was refused. Of what was asked for before, Kratos runs
   * the hooks and drops the changes of the identity.
   *
   * @param reason - Why; it appears in the log only.
   * @param userMessage - What the user is told.
   * @stops
   * @merge last
   */
  deny(
    /** @minLength 1 */
    reason: string,
    /** @minLength 1 */
    userMessage?: string,
  ): void;
}

export interface ValidationAPI {
  /**
   * Refuses what the user entered, and says so beside the field. Every call of the handler counts, so a
   * form can have several messages; later actions do not run.
   *
   * Kratos shows the form again with these messages, as it does with its own. In a trigger that runs before
   * a flow there is no form yet: the messages are the answer to the request that began the flow.
   *
   * @param instancePtr - The field as a JSON Pointer: `#/traits/email`, `#/password`; `#/`, or an empty
   *   text, is the form as a whole.
   * @param message - What the user is told there.
   * @stops
   * @merge append
   */
  error(instancePtr: InstancePointer, message: ValidationMessage): void;
}

/**
 * A JSON Pointer (RFC 6901) behind `#`, or nothing.
 * @maxLength 1024
 * @pattern ^(#(/([^~/]|~[01])*)*)?$ - must be a JSON Pointer such as "#/traits/email"
 */
export type InstancePointer = string;

export interface ValidationMessage {
  /**
   * A number by which user interfaces recognise and translate the message. Ory's own are seven digits
   * long; use others.
   * @asType integer
   * @minimum 0
   * @maximum 9007199254740991
   */
  id: number;
  /** The message. */
  text: string;
  /**
   * Whether it is an error or a hint.
   * @default "error"
   */
  type?: "error" | "info";
  /** Values that the text was made from, for translations. */
  context?: Record<string, unknown>;
}

/**
 * Change the identity. Each method replaces one field as a whole; the other fields stay. What was set is
 * in `event.identity` at once, also for later actions.
 *
 * Kratos checks the result against the identity schema before it is stored; the user sees what does not
 * fit.
 */
export interface IdentityAPI {
  /**
   * Replaces the traits: all of them, so begin with those of the event.
   *
   * @param traits - The new traits, by the identity schema.
   * @merge last
   * @updates event.identity.traits = traits
   */
  setTraits(traits: Record<string, unknown>): void;
  /**
   * Moves the identity to another schema.
   *
   * @param schemaId - The schema, as the host's configuration names it.
   * @merge last
   * @updates event.identity.schema_id = schemaId
   */
  setSchemaId(
    /** @minLength 1 */
    schemaId: string,
  ): void;
  /**
   * Chooses whether the user may log in.
   *
   * @param state - `inactive` keeps the user out.
   * @merge last
   * @updates event.identity.state = state
   */
  setState(state: IdentityState): void;
  /**
   * Replaces the addresses that are verified or can be. An empty list would change nothing in Kratos, so
   * it is refused.
   *
   * @param addresses - All of them.
   * @merge last
   * @updates event.identity.verifiable_addresses = addresses
   */
  setVerifiableAddresses(
    /** @minItems 1 */
    addresses: NewVerifiableAddress[],
  ): void;
  /**
   * Replaces the addresses that the account can be recovered with. An empty list would change nothing in
   * Kratos, so it is refused.
   *
   * @param addresses - All of them.
   * @merge last
   * @updates event.identity.recovery_addresses = addresses
   */
  setRecoveryAddresses(
    /** @minItems 1 */
    addresses: RecoveryAddress[],
  ): void;
  /**
   * Replaces what the user can see but not edit.
   *
   * @param metadata - All of it; `null` empties it.
   * @merge last
   * @updates event.identity.metadata_public = metadata
   */
  setMetadataPublic(metadata: Record<string, unknown> | null): void;
  /**
   * Replaces what only the host and actions can see.
   *
   * @param metadata - All of it; `null` empties it.
   * @merge last
   * @updates event.identity.metadata_admin = metadata
   */
  setMetadataAdmin(metadata: Record<string, unknown> | null): void;
  /**
   * Sets the identifier that this user has elsewhere. It must be unique among all identities.
   *
   * @param externalId - The identifier; `null` removes it.
   * @merge last
   * @updates event.identity.external_id = externalId
   */
  setExternalId(
    /** @minLength 1 */
    externalId: string | null,
  ): void;
}

/** An address that is verified or can be. Those of the event fit as they are. */
export interface NewVerifiableAddress {
  id?: string;
  /**
   * The address.
   * @minLength 1
   */
  value: string;
  via: "email" | "sms";
  /** Whether it is verified; it is not unless you say so. */
  verified?: boolean;
  /** Whether a code was sent, and whether it came back. */
  status?: "pending" | "sent" | "completed";
  verified_at?: Timestamp | null;
  created_at?: Timestamp;
  updated_at?: Timestamp;
}

/** Kratos' hook `b2b_sso`. */
export interface OrganizationHook {
  /**
   * Runs the hook that makes the flow follow the single sign-on of the user's organization. It needs a
   * licence of Ory.
   *
   * @param config - The hook's `config`, as in the configuration of Kratos.
   * @effect hooks.b2bSso
   * @merge last
   */
  b2bSso(config: Record<string, unknown>): void;
}

/** Kratos' hook `revoke_active_sessions`. */
export interface RevokeSessionsHook {
  /**
   * Ends all other sessions of the user. Kratos keeps the one of this flow.
   *
   * @effect hooks.revokeActiveSessions = true
   * @merge last
   */
  revokeActiveSessions(): void;
}
