//! The child's side: takes its own powers away, then evaluates one template.

use std::io;
use std::io::Read;
use std::io::Write;

use rlimit::Resource;
use rsjsonnet_lang::arena::Arena;
use rsjsonnet_lang::interner::InternedStr;
use rsjsonnet_lang::program::Callbacks;
use rsjsonnet_lang::program::EvalError;
use rsjsonnet_lang::program::EvalErrorKind;
use rsjsonnet_lang::program::EvalStackTraceItem;
use rsjsonnet_lang::program::ImportError;
use rsjsonnet_lang::program::NativeError;
use rsjsonnet_lang::program::Program;
use rsjsonnet_lang::program::Thunk;
use rsjsonnet_lang::program::Value as JsonnetValue;
use rsjsonnet_lang::span::SpanId;
use serde_json::Value;

use super::EXIT_CANCELLED;
use super::EXIT_DONE;
use super::EXIT_NOT_STARTED;
use super::EXIT_REFUSED;
use super::Job;
use super::explain::Explainer;

/// Calls within calls. A template that needs more calls itself without end.
const STACK_MAX: usize = 500;

/// What a process does that was started to evaluate a template: reads the template and its context from
/// `stdin`, writes the result to `stdout` or what is wrong with it to `stderr`, and returns the exit code.
///
/// It lowers the limits of its own process for good, so the process must have no other purpose.
pub fn jsonnet_child(stdin: &mut dyn Read, stdout: &mut dyn Write, stderr: &mut dyn Write) -> i32 {
    let job: Job = match serde_json::from_reader(stdin) {
        Ok(job) => job,
        Err(error) => {
            let _ = write!(stderr, "no job on standard input: {error}");
            return EXIT_NOT_STARTED;
        }
    };
    if let Err(error) = give_up_powers(&job) {
        let _ = write!(stderr, "the limits of the process cannot be set: {error}");
        return EXIT_NOT_STARTED;
    }
    match evaluate(&job) {
        Ok(result) => match stdout.write_all(result.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => EXIT_DONE,
            Err(error) => {
                let _ = write!(stderr, "the result cannot be written: {error}");
                EXIT_NOT_STARTED
            }
        },
        Err(Refusal::Cancelled) => EXIT_CANCELLED,
        Err(Refusal::Wrong(message)) => {
            let _ = stderr.write_all(message.as_bytes());
            EXIT_REFUSED
        }
    }
}

/// From here on: no new file or socket, no byte in any file, no core dump, and an end to memory and time.
fn give_up_powers(job: &Job) -> io::Result<()> {
    let limits = [
        (Resource::AS, job.memory_bytes_max),
        (Resource::CPU, job.cpu_seconds_max),
        (Resource::CORE, 0),
        (Resource::FSIZE, 0),
        (Resource::NOFILE, 3),
    ];
    limits.into_iter().try_for_each(|(resource, limit)| {
        let (_, hard) = rlimit::getrlimit(resource)?;
        let limit = limit.min(hard);
        rlimit::setrlimit(resource, limit, limit)
    })
}

/// Why there is no result.
enum Refusal {
    Cancelled,
    Wrong(String),
}

fn evaluate(job: &Job) -> Result<String, Refusal> {
    let arena = Arena::new();
    let mut program = Program::new(&arena);
    program.set_max_stack(STACK_MAX);
    let source = job.template.as_bytes();
    let (span_context, _) = program.span_manager_mut().insert_source_context(source.len());
    let explainer = Explainer { name: &job.name, template: &job.template, span_context };
    let template = program
        .load_source(span_context, source, true, &job.name)
        .map_err(|error| Refusal::Wrong(explainer.load_error(&program, &error)))?;
    let result =
        call(&mut program, &template, &job.context).map_err(|error| refusal(&program, &explainer, &error))?;
    program.manifest_json(&result, false).map_err(|error| refusal(&program, &explainer, &error))
}

/// `template(ctx)`; a template that is no function is its own result.
fn call<'p>(
    program: &mut Program<'p>,
    template: &Thunk<'p>,
    context: &Value,
) -> Result<JsonnetValue<'p>, EvalError> {
    let value = program.eval_value(template, &mut Nothing)?;
    if !value.is_function() {
        return Ok(value);
    }
    let function = program.value_to_thunk(&value);
    let context = to_jsonnet(program, context);
    let context = program.value_to_thunk(&context);
    let name = program.intern_str("ctx");
    program.eval_call(&function, &[], &[(name, context)], &mut Nothing)
}

fn refusal(program: &Program<'_>, explainer: &Explainer<'_>, error: &EvalError) -> Refusal {
    match &error.kind {
        // Whatever follows the word: Kratos looks at the beginning alone.
        EvalErrorKind::ExplicitError { message, .. } if message.starts_with("cancel") => Refusal::Cancelled,
        _ => Refusal::Wrong(explainer.eval_error(program, error)),
    }
}

fn to_jsonnet<'p>(program: &mut Program<'p>, value: &Value) -> JsonnetValue<'p> {
    match value {
        Value::Null => JsonnetValue::null(),
        Value::Bool(value) => JsonnetValue::bool(*value),
        // Every number of Jsonnet is a double.
        Value::Number(value) => JsonnetValue::number(value.as_f64().unwrap_or_default()),
        Value::String(value) => JsonnetValue::string(value),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| to_jsonnet(program, item)).collect();
            program.make_array(&items)
        }
        Value::Object(entries) => {
            let fields: Vec<_> = entries
                .iter()
                .map(|(name, value)| (program.intern_str(name), to_jsonnet(program, value)))
                .collect();
            program.make_object(&fields)
        }
    }
}

/// What a template can reach beyond itself.
struct Nothing;

impl<'p> Callbacks<'p> for Nothing {
    fn import(&mut self, _: &mut Program<'p>, _: SpanId, _: &str) -> Result<Thunk<'p>, ImportError> {
        Err(ImportError)
    }

    fn import_str(&mut self, _: &mut Program<'p>, _: SpanId, _: &str) -> Result<String, ImportError> {
        Err(ImportError)
    }

    fn import_bin(&mut self, _: &mut Program<'p>, _: SpanId, _: &str) -> Result<Vec<u8>, ImportError> {
        Err(ImportError)
    }

    fn trace(&mut self, _: &mut Program<'p>, _: &str, _: &[EvalStackTraceItem]) {}

    fn native_call(
        &mut self,
        _: &mut Program<'p>,
        _: InternedStr<'p>,
        _: &[JsonnetValue<'p>],
    ) -> Result<JsonnetValue<'p>, NativeError> {
        Err(NativeError)
    }
}
