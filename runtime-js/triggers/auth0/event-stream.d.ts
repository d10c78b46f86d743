/**
 * Runs after something has happened in the tenant: a user was created, changed or deleted, an organization
 * got a member, and so on. Each event stream names the kinds of events that it wants and has an action of its
 * own, which gets one CloudEvent at a time.
 *
 * It runs in the background and changes nothing in the tenant; it tells other systems. A handler that returns
 * has delivered the event. One that throws has not, and runs again with the same event after 1, 2 and
 * 4 seconds; so an event may arrive twice, and `event.message.id` tells. Switching off a stream that fails
 * again and again, and sending events once more on demand, is the host's.
 *
 * @trigger auth0/event-stream
 * @title Event Stream
 * @mode async
 * @binding entity event-stream
 * @retries 3 after 1s 2s 4s on failure
 */

import type { CacheAPI, Configuration, Secrets, Timestamp } from "../shared.d.ts";

/**
 * Called for every event of the stream, and again after a failure.
 *
 * @example
 * ```js
 * exports.onExecuteEventStream = async (event, api) => {
 *   const response = await fetch("https://crm.example/hooks/users", {
 *     method: "POST",
 *     headers: {
 *       authorization: `Bearer ${event.secrets.CRM_TOKEN}`,
 *       "content-type": "application/cloudevents+json",
 *     },
 *     body: JSON.stringify(event.message),
 *   });
 *   if (!response.ok) throw new Error(`the CRM answered ${response.status}`);
 * };
 * ```
 * @handler onExecuteEventStream execute
 */
export type OnExecuteEventStream = (event: Event, api: EventStreamAPI) => Promise<void>;

// ---------------------------------------------------------------------------------------------
// What the action sees
// ---------------------------------------------------------------------------------------------

/** What has happened. Changes made to this object stay in the action. */
export interface Event {
  /**
   * Plain settings of an installed integration.
   * @provided
   */
  configuration: Configuration;
  /** The event, as a CloudEvent. */
  message: CloudEvent;
  /**
   * The secrets of the action.
   * @provided
   */
  secrets: Secrets;
}

/** An event in the form of the CloudEvents specification, version 1.0. */
export interface CloudEvent {
  /**
   * Identifies the event. A repeated delivery has the same identifier.
   * @minLength 1
   */
  id: string;
  /**
   * What has happened: `user.created`, `user.updated`, `user.deleted`, `organization.member.added` and so on.
   * @minLength 1
   */
  type: string;
  /**
   * Where it has happened: a name for the tenant.
   * @minLength 1
   */
  source: string;
  /** The version of the specification. */
  specversion: "1.0";
  /** When it has happened. */
  time?: Timestamp | null;
  /** The schema that `data` follows. */
  dataschema?: string;
  /** What it is about. */
  data?: EventData | null;
  /** Name of the tenant. */
  a0tenant?: string;
  /** The event stream that delivers the event. */
  a0stream?: string;
  /** Why the event is delivered, when it is not because it has happened: `test`, for one. */
  a0purpose?: string;
  /** Other attributes. */
  [attribute: string]: unknown;
}

/** What an event is about. Its fields depend on the type of the event. */
export interface EventData {
  /** The user, organization or other object: after the change, or as it was before it was deleted. */
  object?: Record<string, any>;
  /** What was going on. */
  context?: EventContext;
  [name: string]: unknown;
}

export interface EventContext {
  /** The application. */
  client?: { id?: string; name?: string; metadata?: Record<string, string> };
  /** The connection (the source of users). */
  connection?: { id?: string; name?: string; strategy?: string };
  /** The HTTP request that caused the event. */
  request?: EventRequest;
  /** The tenant. */
  tenant?: { id: string };
  [name: string]: unknown;
}

export interface EventRequest {
  /** The custom domain, when one was used. */
  custom_domain?: string;
  geo?: EventGeo;
  /** The host that was asked. */
  hostname?: string;
  /** The client's IP address. */
  ip?: string;
  /** The HTTP method. */
  method?: string;
  /** The `User-Agent` header. */
  user_agent?: string;
}

/** Where the IP address is thought to be. The names differ from `event.request.geoip` of other triggers. */
export interface EventGeo {
  city_name?: string;
  continent_code?: string;
  /** Two letters, ISO 3166. */
  country_code?: string;
  country_name?: string;
  latitude?: number;
  longitude?: number;
  subdivision_code?: string;
  subdivision_name?: string;
  /** A zone name such as `Europe/Berlin`. */
  time_zone?: string;
}

// ---------------------------------------------------------------------------------------------
// What the action may ask for
// ---------------------------------------------------------------------------------------------

/** What an action may ask for. Telling the other system is yours: use `fetch`. */
export interface EventStreamAPI {
  /** Keep small values between executions, such as the identifiers of delivered events. */
  cache: CacheAPI;
}
