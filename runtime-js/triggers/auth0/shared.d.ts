/*
 * Types that several triggers of Auth0 share.
 */

import type { Timestamp } from "../shared.d.ts";

export interface Agent {
  /** Identifier of the agent. */
  agent_id: string;
  /** Name of the agent. */
  name: string;
  /** Metadata of the agent. */
  agent_metadata?: Record<string, unknown>;
}

export interface Authentication {
  /** The methods that the user completed in this session. */
  methods: AuthenticationMethod[];
  /** What risk assessment says about this login. */
  riskAssessment?: RiskAssessment;
}

export interface AuthenticationMethod {
  /** Name of the method, such as `pwd`, `mfa`, `federated`, or the URL given to `recordMethod`. */
  name: string;
  /** When the method was completed. */
  timestamp: Timestamp;
  /** The kind of factor when `name` is `mfa`. */
  type?: string;
}

export interface RiskAssessment {
  /** Version of the assessment. */
  version: string;
  /** The overall confidence that the login is legitimate. */
  confidence: Confidence;
  /** The single assessments. */
  assessments: {
    /** Whether the address is known for abuse. */
    UntrustedIP?: Assessment;
    /** Whether the device was seen before. */
    NewDevice?: Assessment;
    /** Whether the user could have travelled here since the last login. */
    ImpossibleTravel?: Assessment;
    /** Whether the request comes from automation. */
    AgentDetection?: Assessment;
  };
  /** Signals of other vendors. */
  supplemental?: SupplementalSignals;
}

/** What other vendors say about the risk, where the host itself has not assessed it. */
export interface SupplementalRisk {
  /** Signals of other vendors. */
  supplemental?: SupplementalSignals;
}

export interface SupplementalSignals {
  /** Signals that Akamai added to the request. */
  akamai?: {
    /** What was found out about automation. */
    akamaiBot?: AkamaiBot;
    /** What was found out about the user. */
    akamaiUserRisk?: AkamaiUserRisk;
  };
}

/** What a bot manager in front of the host found. The words are the vendor's. */
export interface AkamaiBot {
  type?: string;
  /** What the vendor did about it, such as `Monitor`. */
  action?: string;
  botCategory?: string[];
  /** The higher, the more likely a bot. */
  botScore?: number;
  botScoreResponseSegment?: string;
  botnetId?: string;
  [signal: string]: unknown;
}

/** What account protection in front of the host found. The words are the vendor's. */
export interface AkamaiUserRisk {
  /** What the vendor did about it, such as `monitor`. */
  action?: string;
  allow?: number;
  emailDomain?: string;
  general?: Record<string, unknown>;
  ouid?: string;
  requestid?: string;
  risk?: Record<string, unknown>;
  /** The higher, the riskier. */
  score?: number;
  status?: number;
  trust?: Record<string, unknown>;
  username?: string;
  uuid?: string;
  [signal: string]: unknown;
}

export type Confidence = "low" | "medium" | "high" | "neutral";

export interface Assessment {
  /** The confidence of this assessment. */
  confidence: Confidence;
  /** A code that says why. */
  code: string;
  /** What the code is based on. */
  details?: Record<string, unknown>;
}

export interface Authorization {
  /** Names of the roles assigned to the user. */
  roles: string[];
}

export interface Client {
  /** Identifier of the application. */
  client_id: string;
  /** Name of the application. */
  name: string;
  /** Metadata of the application. */
  metadata: Record<string, string>;
  /** Refresh token settings of the application. */
  refresh_token?: {
    /** For which APIs and scopes one refresh token may be exchanged. */
    policies: RefreshTokenPolicy[];
  };
  /** How the application authenticated itself. */
  authentication?: ClientAuthentication;
  /** Identifier of the application outside this tenant. */
  external_client_id?: string;
  /** Where the metadata of an external application comes from. */
  external_metadata_type?: string;
}

export interface RefreshTokenPolicy {
  /** The API. */
  audience: string;
  /** The scopes. */
  scope: string[];
}

export interface ClientAuthentication {
  /** The method, such as `tls_client_auth` or `private_key_jwt`. */
  type?: string;
  /** The certificate of a mutual TLS connection. */
  certificate?: unknown;
}

export interface Connection {
  /** Identifier of the connection. */
  id: string;
  /** Name of the connection. */
  name: string;
  /** The kind of connection: `auth0` for a database, `google-oauth2`, `samlp`, `email`, `sms` and so on. */
  strategy: string;
  /** Metadata of the connection. */
  metadata?: Record<string, string>;
}

export interface CustomDomain {
  /** The domain name. */
  domain: string;
  /** Metadata of the domain. */
  domain_metadata?: Record<string, string>;
}

export interface Experiment {
  experiment_id: string;
  variation_id: string;
  variation_name: string;
  variation_description?: string;
  /** The parameters of the variation. */
  config: Record<string, { value: unknown }>;
  /** Whether the variation is the control group. */
  is_control: boolean;
}

export interface Organization {
  id: string;
  /** The name used in URLs. */
  name: string;
  /** The name shown to users. */
  display_name: string;
  /** Metadata of the organization. */
  metadata: Record<string, string>;
}

export interface PromptResult {
  /** The form that was shown. */
  id: string;
  /** What the user entered. */
  fields?: Record<string, unknown>;
  /** The variables of the form. */
  vars?: Record<string, unknown>;
}

export interface Request {
  /** The autonomous system number of the client's network. */
  asn?: string;
  /** The body of a POST request. */
  body?: RequestBody;
  geoip?: GeoIP;
  /** The host that was asked: the tenant's domain or a custom domain. */
  hostname?: string;
  /** The client's IP address. */
  ip: string;
  /** The preferred language, from the `Accept-Language` header. */
  language?: string;
  /** The HTTP method. */
  method: string;
  /** The query parameters. */
  query?: Record<string, any>;
  /** The `User-Agent` header. */
  user_agent?: string;
}

/** The fields of a request. Those in which credentials arrive are hidden in logs. */
export interface RequestBody {
  /** @sensitive */
  actor_token?: unknown;
  /** @sensitive */
  assertion?: unknown;
  /** @sensitive */
  client_assertion?: unknown;
  /** @sensitive */
  client_secret?: unknown;
  /** @sensitive */
  code?: unknown;
  /** @sensitive */
  code_verifier?: unknown;
  /** @sensitive */
  otp?: unknown;
  /** @sensitive */
  password?: unknown;
  /** @sensitive */
  refresh_token?: unknown;
  /** @sensitive */
  subject_token?: unknown;
  [field: string]: unknown;
}

/** Where the IP address is thought to be. */
export interface GeoIP {
  cityName?: string;
  continentCode?: string;
  /** Two letters, ISO 3166. */
  countryCode?: string;
  /** Three letters, ISO 3166. */
  countryCode3?: string;
  countryName?: string;
  latitude?: number;
  longitude?: number;
  subdivisionCode?: string;
  subdivisionName?: string;
  /** A zone name such as `Europe/Berlin`. */
  timeZone?: string;
}

export interface ResourceServer {
  /** The audience of the API. */
  identifier: string;
}

export interface SecurityContext {
  ja3?: string;
  ja4?: string;
}

/** Who acts for the subject (the `act` claim); an actor may have acted through another one. */
export interface Actor {
  sub: string;
  act?: Actor;
  [claim: string]: unknown;
}

export interface Stats {
  /**
   * How often the user has logged in, this login included.
   * @minimum 0
   */
  logins_count: number;
}

export interface Tenant {
  /** Name of the tenant. */
  id: string;
}

/**
 * Data that lives as long as the transaction, across redirects and forms.
 * @maxBytes 16384
 */
export type TransactionMetadata = Record<string, string | number | boolean>;

export type Protocol =
  | "oidc-basic-profile"
  | "oidc-implicit-profile"
  | "oidc-hybrid-profile"
  | "oidc-ciba"
  | "oidc-ciba-web-link"
  | "oauth2-device-code"
  | "oauth2-resource-owner"
  | "oauth2-resource-owner-jwt-bearer"
  | "oauth2-password"
  | "oauth2-webauthn"
  | "oauth2-access-token"
  | "oauth2-refresh-token"
  | "oauth2-token-exchange"
  | "samlp"
  | "wsfed"
  | "wstrust-usernamemixed";

/** What is known about a user wherever one is spoken of. */
export interface Profile {
  user_id: string;
  email?: string;
  email_verified?: boolean;
  username?: string;
  name?: string;
  given_name?: string;
  family_name?: string;
  nickname?: string;
  picture?: string;
  phone_number?: string;
  phone_verified?: boolean;
  created_at?: Timestamp;
  updated_at?: Timestamp;
  last_password_reset?: Timestamp;
  /**
   * What the application knows about the user; the user cannot edit it.
   * @asType any
   */
  app_metadata: Record<string, any>;
  /**
   * What the user may edit.
   * @asType any
   */
  user_metadata: Record<string, any>;
}

export interface User extends Profile {
  created_at: Timestamp;
  updated_at: Timestamp;
  identities: Identity[];
  /** The factors that the user has enrolled. */
  enrolledFactors?: { type: string; method?: string; options?: Record<string, unknown> }[];
  /** Names of the MFA providers that the user has enrolled with. */
  multifactor?: string[];
}

export interface Identity {
  connection: string;
  provider: string;
  /** Identifier at the provider. */
  user_id: string | number;
  userId?: string | number;
  isSocial: boolean;
  /**
   * The access token of the provider.
   * @sensitive
   */
  accessToken?: string;
  profileData?: Record<string, unknown>;
}

/**
 * The name of a claim. Use a URL of your own as a prefix: claims of the standards are not issued.
 * @minLength 1
 * @forbid "scope" - The "scope" claim cannot be set.
 * @reserved "acr" | "act" | "active" | "amr" | "at_hash" | "ath" | "attest" | "aud" | "auth_time"
 *   | "authorization_details" | "azp" | "c_hash" | "client_id" | "cnf" | "cty" | "dest" | "entitlements"
 *   | "events" | "exp" | "groups" | "gty" | "htm" | "htu" | "iat" | "internalService" | "iss" | "jcard"
 *   | "jku" | "jti" | "jwe" | "jwk" | "kid" | "may_act" | "mky" | "nbf" | "nonce" | "object_id" | "org_id"
 *   | "org_name" | "orig" | "origid" | "permissions" | "roles" | "rph" | "s_hash" | "sid" | "sip_callid"
 *   | "sip_cseq_num" | "sip_date" | "sip_from_tag" | "sip_via_branch" | "sub" | "sub_jwk" | "toe" | "txn"
 *   | "typ" | "uuid" | "vot" | "vtm" | "x5t#S256"
 *   - The claim is reserved for the standards and the token's issuer; use a URL of your own as a prefix.
 */
export type ClaimName = string;

/**
 * A scope; white space around it is removed.
 * @trim
 * @minLength 1
 * @maxLength 280
 * @pattern ^\S+$ - must not contain white space
 */
export type Scope = string;

/** A factor to challenge the user with. */
export type ChallengeFactor =
  | PhoneFactor
  | PushFactor
  | { type: "otp" | "email" | "webauthn-platform" | "webauthn-roaming" | "recovery-code"; options?: Record<string, unknown> };

/** A factor to enrol the user in. */
export type EnrollFactor =
  | PhoneFactor
  | PushFactor
  | { type: "otp" | "webauthn-platform" | "webauthn-roaming" | "recovery-code"; options?: Record<string, unknown> };

export interface PhoneFactor {
  type: "phone";
  options?: {
    /** How the code is delivered. */
    preferredMethod?: "sms" | "voice" | "both";
  };
}

export interface PushFactor {
  type: "push" | "push-notification";
  options?: {
    /** Whether the user may type a one-time code instead. */
    otpFallback?: boolean;
  };
}

/** @maxBytes 24576 */
export interface RenderOptions {
  /**
   * Values of the fields by name.
   * @maxProperties 24
   * @propertyNames ^[a-zA-Z_][a-zA-Z0-9_]{0,49}$
   */
  fields?: Record<string, unknown>;
  /**
   * Values of the variables by name.
   * @maxProperties 24
   */
  vars?: Record<string, unknown>;
}

export interface EncodeTokenOptions {
  /**
   * The secret that both sites know.
   * @minLength 1
   */
  secret: string;
  /** What the other site needs to know. */
  payload: Record<string, unknown>;
  /**
   * Lifetime in seconds.
   * @default 900
   */
  expiresInSeconds?: number;
}

export interface ValidateTokenOptions {
  /**
   * The secret that both sites know.
   * @minLength 1
   */
  secret: string;
  /**
   * The parameter that carries the token.
   * @default "session_token"
   */
  tokenParameterName?: string;
}

export interface RedirectTokensAPI {
  /**
   * Makes a signed token (HS256) to give to the other site. It carries the user as `sub`, the host
   * name as `iss`, the client's address as `ip`, and your payload, which may override them.
   *
   * @param options - The secret that both sites know, the payload, and the lifetime.
   * @host redirect.encodeToken
   */
  encodeToken(options: EncodeTokenOptions): string;
  /**
   * Checks the token that the other site sent back, and returns what it carries. Throws when it is
   * missing, forged, expired, or made for another user or transaction.
   *
   * @param options - The secret, and the name of the parameter that carries the token.
   * @host redirect.validateToken
   */
  validateToken(options: ValidateTokenOptions): Record<string, any>;
}

export interface PromptAPI {
  /**
   * Shows a form when this action has ended, then calls the continue handler with the answers in
   * `event.prompt`. One action can show one form, and cannot redirect as well.
   *
   * @param promptId - The form.
   * @param options - Values for its fields and variables.
   * @suspends
   * @merge last
   * @abortsAfter prompt.render - An action may render one form only.
   * @abortsAfter redirect.sendUserTo - An action may either redirect or render a form, not both.
   */
  render(
    /**
     * @minLength 1
     * @maxLength 48
     */
    promptId: string,
    options?: RenderOptions,
  ): void;
}

/** Each call changes `event.transaction.target_scopes` at once, for this action and for later ones. */
export interface TargetScopesAPI {
  /**
   * Removes a scope from those that the access token is going to have.
   *
   * @param scope - The scope.
   * @updates event.transaction.target_scopes -= scope
   * @effect transaction.targetScopes = "remove"
   * @merge last by scope
   */
  removeTargetScope(scope: Scope): void;
  /**
   * Replaces the scopes that the access token is going to have. An empty list removes them all.
   *
   * @param scopes - The scopes.
   * @updates event.transaction.target_scopes = scopes
   * @effect transaction.targetScopes = "add"
   * @merge clear by scopes
   */
  setTargetScopes(
    /** @maxItems 1000 */
    scopes: Scope[],
  ): void;
  /**
   * Removes all scopes that the access token is going to have.
   *
   * @updates event.transaction.target_scopes = []
   * @effect transaction.targetScopes
   * @merge clear
   */
  clearTargetScopes(): void;
}

/**
 * @minLength 1
 * @maxLength 64
 */
export type TransactionKey = string;

/**
 * A text, number or boolean; `null` deletes the entry.
 * @maxBytes 8192
 * @minimum -9007199254740991
 * @maximum 9007199254740991
 */
export type TransactionValue = string | number | boolean | null;

/** What is known of the transaction that something happened in. */
export interface TracedTransaction {
  /** Finds this transaction in the logs of other services: the application may choose it. */
  correlation_id?: string;
}

/** A tenant as it presents itself to users: what it has set is there. */
export interface MessageTenant extends Tenant {
  /** The name for people. */
  friendly_name?: string;
  home_url?: string;
  logo_url?: string;
  support_email?: string;
  support_url?: string;
}

/** The user whom a message is for, with as much as the host knows when it sends one. */
export interface MessageUser extends Profile {
  identities?: Identity[];
  /** Names of the MFA providers that the user has enrolled with. */
  multifactor?: string[];
}

/**
 * Why a message was not delivered; for the log. A longer text is cut.
 * @truncate 1024
 */
export type NotificationReason = string;

/** What is to happen to a message that was not delivered. If an action calls several times, the last call counts. */
export interface NotificationAPI {
  /**
   * Gives the message up: the failure is logged, and the message is not tried again. Right for a recipient
   * who does not exist, or a message that the provider refuses.
   *
   * @param reason - Why; for the log.
   * @effect notification.failure + {"kind": "drop"}
   * @merge last
   */
  drop(reason: NotificationReason): void;
  /**
   * Asks to run the action again with this message after a while, up to five times. The failure is logged.
   * Right for a provider that is busy or out of order.
   *
   * @param reason - Why; for the log.
   * @effect notification.failure + {"kind": "retry"}
   * @merge last
   */
  retry(reason: NotificationReason): void;
}

/** The protocol transaction, as far as it has come when the user has typed an identifier. */
export interface PostIdentifierTransaction {
  acr_values: string[];
  correlation_id?: string;
  /** The language chosen for the page. */
  locale: string;
  login_hint?: string;
  prompt?: string[];
  protocol?: "oidc-basic-profile" | "oidc-implicit-profile" | "oidc-hybrid-profile" | "samlp" | "wsfed";
  redirect_uri?: string;
  requested_scopes: string[];
  response_mode?: "query" | "fragment" | "form_post" | "web_message";
  response_type?: ("code" | "token" | "id_token")[];
  state?: string;
  ui_locales: string[];
}

/**
 * The name of a connection, as in `event.initial_connection.name`.
 * @minLength 1
 */
export type ConnectionName = string;

export interface PostIdentifierAuthenticationAPI {
  /**
   * Chooses the connection that the flow goes on with. The last call counts, also among several actions;
   * `event.initial_connection` does not change.
   *
   * @param name - The name of the connection.
   * @merge last
   */
  setConnectionByName(name: ConnectionName): void;
  /**
   * Chooses the organization that the flow goes on with. The last call counts, also among several actions;
   * `event.initial_organization` does not change.
   *
   * @param organization - The identifier or the name of the organization.
   * @merge last
   */
  setOrganization(
    /** @minLength 1 */
    organization: string,
  ): void;
}
