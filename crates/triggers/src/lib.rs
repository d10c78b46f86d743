//! What an action may see and ask for.
//!
//! A *trigger* is a named point of a host's flow. One TypeScript file declares it: the file is what the
//! author's editor shows and what is enforced here, so the two cannot drift apart. This crate reads such
//! files and derives from them the methods of `api`, the checks of every call, the folding of commands into
//! effects, JSON Schemas, and a reference page. It runs no JavaScript and applies no command.
//!
//! ```
//! use std::sync::Arc;
//! use serde_json::json;
//! use vestibule_triggers::{CallOutcome, Calls, Trigger};
//!
//! let declaration = r#"
//!     /**
//!      * Runs before a parcel leaves.
//!      * @trigger acme/parcel-out
//!      */
//!
//!     /** @handler onParcelOut */
//!     export type OnParcelOut = (event: Event, api: ParcelAPI) => Promise<void>;
//!
//!     export interface Event { parcel: { grams: number } }
//!
//!     export interface ParcelAPI {
//!       /** @merge last by name */
//!       label(name: string, text: string): ParcelAPI;
//!       /** @stops */
//!       hold(reason: string): void;
//!     }
//! "#;
//! let trigger = Arc::new(Trigger::parse("parcel-out.d.ts", declaration)?);
//!
//! let event = json!({ "parcel": { "grams": "heavy" } });
//! let mismatches = trigger.check_event(&event).unwrap_err();
//! assert_eq!(mismatches[0].to_string(), "$.parcel.grams must be a number, got string");
//!
//! let mut calls = Calls::new(&trigger, "onParcelOut", Arc::new(event), &[]);
//! let CallOutcome::Record { command, .. } = calls.call(0, vec![Some(json!("to")), Some(json!("Kyoto"))])
//!     else { panic!("the call is fine") };
//! let CallOutcome::Throw { message, .. } = calls.call(1, vec![None]) else { panic!("the reason is missing") };
//! assert_eq!(message, r#"api.hold: "reason" must be a string, got undefined"#);
//! assert_eq!(trigger.fold(&[&[command]]).effects, json!({ "label": { "to": "Kyoto" } }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How to write a declaration
//!
//! A declaration is a `.d.ts` file of interfaces and type aliases. Its first doc comment carries
//! `@trigger`; one type alias for each handler carries `@handler` and takes `(event, api)`. The type of
//! `event` is data; the type of `api` is an interface of methods and of namespaces that hold methods.
//! Types may be `string`, `number`, `boolean`, `null`, `any`, `unknown`, literals, unions, arrays, tuples,
//! object types, `Record`, `Array`, `Readonly`, index signatures, interfaces that extend others, and names,
//! recursive ones too. Anything else is a [`DeclarationError`] with file, line and column, and so is a tag
//! that is unknown or stands where it has no meaning.
//!
//! What a method returns says what its call does: the api's own type lets calls chain, `void` gives
//! `undefined`, and any other type needs `@host`. A tag stands at the beginning of a line. Where a tag has a
//! message, it follows after ` - `.
//!
//! | tag of the file | meaning |
//! |---|---|
//! | `@trigger acme/parcel-out` | the name: platform and trigger |
//! | `@title TEXT` | a title for people |
//! | `@mode sync`, `@mode async` | whether the flow waits for the actions; `sync` unless said otherwise |
//! | `@subject event.a.b event.c` | what an event is about: a suspended flow only goes on with the same; needed where a method suspends |
//! | `@binding list`, `list max N`, `entity KIND` | an ordered list of actions, or exactly one for each entity of that kind |
//! | `@needs METHOD \| METHOD - MESSAGE` | a flow that goes on without a call of one of these methods fails; may be repeated |
//! | `@retries 2 after 5s 1m on failure`, `on METHOD` | how a run in the background is repeated: after a failure, or a call of METHOD |
//!
//! | tag of a type alias | meaning |
//! |---|---|
//! | `@handler NAME execute`, `@handler NAME continue` | an export that is called when the flow reaches the action, or when it comes back from a suspension |
//!
//! | tag of a type, field or parameter | meaning |
//! |---|---|
//! | `@minLength N`, `@maxLength N` | characters of a string |
//! | `@maxBytes N` | UTF-8 bytes of a string; bytes as JSON text of anything else |
//! | `@pattern REGEX - MESSAGE` | what a string matches somewhere, without look-around; the message ends a sentence: `must be …` |
//! | `@format uri`, `http-uri`, `date-time` | an absolute URL, one of http or https, a date and time (RFC 3339) |
//! | `@minimum N`, `@maximum N`, `@asType integer` | what a number may be |
//! | `@minItems N`, `@maxItems N` | items of an array |
//! | `@minProperties N`, `@maxProperties N`, `@propertyNames REGEX - MESSAGE` | entries of an object |
//! | `@forbid JSON - MESSAGE` | a value that is refused; may be repeated |
//! | `@reserved JSON \| JSON - MESSAGE` | values whose commands are recorded, but rejected with this reason (parameters only) |
//! | `@trim` | white space around a string is removed before it is checked and recorded |
//! | `@truncate N` | what is longer than N characters is cut before it is checked and recorded |
//! | `@default JSON` | what an argument, or a field of one, is when it is left out |
//! | `@asType any` | the type is what an action can expect, but the host may send anything (event only) |
//! | `@provided` | the runtime fills this field, so the host need not send it (event only) |
//! | `@sensitive` | the texts in this field, at any depth, are replaced in logs and errors like secrets (event only) |
//!
//! | tag of a method | meaning |
//! |---|---|
//! | `@stops` | later actions of the flow do not run |
//! | `@suspends`, `@suspends next` | the flow waits for the user when the handler has ended, and goes on at the action's continue handler, or at the next action |
//! | `@host NAME` | the host function NAME answers; no command is recorded |
//! | `@unchecked` | the host function answers for bad arguments itself (for methods that never throw) |
//! | `@merge last`, `earliest`, `once`, `append` | which of several commands becomes the effect: the last, the one with the smallest number, the first, or a list of all |
//! | `@merge last by PARAM` | one entry for each value of PARAM |
//! | `@merge clear`, `clear by PARAM` | forgets the entries so far and marks the effect as cleared; PARAM may be a list whose items become entries |
//! | `@effect PATH`, `@effect PATH = JSON`, `@effect PATH + JSON` | where the effect stands, if not at the method's path, and what an entry holds in place of the arguments, or beside them |
//! | `@discardedBy METHOD - MESSAGE` | the command is rejected when the same action calls METHOD |
//! | `@only HANDLER` | may be called in this handler only; may be repeated |
//! | `@requires CONDITION - MESSAGE` | what the event must say: `event.a.b` (present), `event.a = "x" \| "y"`, `event.a != "x"`, `event.a is object or absent` |
//! | `@limit N per execution - MESSAGE`, `per flow` | how many calls there may be |
//! | `@limitBytes N per execution - MESSAGE`, `per flow` | how many bytes the arguments of all calls may take together |
//! | `@abortsAfter METHOD - MESSAGE` | a call after one of METHOD in the same execution aborts it |
//! | `@updates event.a.b[PARAM] = VALUE` | the event changes at once; also `event.a.b = VALUE`, `+=` and `-=` for lists; VALUE is a parameter, `null` (deletes), `{}` or `[]`. `@maxProperties` and `@maxBytes` of the field hold for the result |
//! | `@errorPrefix TEXT` | stands before the messages of refused calls |
//!
//! A file may take types from others with `import type { A, B } from "./other.d.ts"`
//! ([`Trigger::parse_with_imports`]); they become part of [`Trigger::source`].
//!
//! # How effects look
//!
//! Effects are nested by path. A plain effect holds the arguments under their names:
//! `{"access": {"deny": {"reason": "…"}}}`. One that merges `by` a parameter holds entries: the value alone
//! when one other parameter remains, an object of the others otherwise, `true` when none remains. An
//! argument that was `undefined` withdraws its entry. An effect that some method clears has the form
//! `{"cleared": false, "entries": {…}}`.
//!
//! A command that does not count is rejected with a reason, never dropped silently: its value is reserved,
//! a later one takes its place, its action stopped the flow that it wanted to suspend, and so on
//! ([`RejectionCode`]).

#![forbid(unsafe_code)]

mod calls;
mod conform;
mod declaration;
mod effects;
mod live;
mod reference;
mod registry;
mod rules;
mod schema;
mod sensitive;
mod shape;
mod suggest;
mod trigger;

pub use calls::{CallOutcome, Calls, ThrowClass};
pub use declaration::DeclarationError;
pub use effects::{Folded, Rejection, RejectionCode};
pub use live::EventChange;
pub use registry::{DuplicateTrigger, Registry, UnknownTrigger};
pub use suggest::did_you_mean;
pub use trigger::{
    BindingPolicy, Command, Effect, Handler, Merge, Method, Mismatch, Mode, Param, Phase, Resume, Retries,
    RetryOn, Returns, Trigger,
};
