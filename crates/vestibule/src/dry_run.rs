//! Makes program files: runs an action once where it can do nothing, and keeps what V8 has compiled.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use thiserror::Error;
use vestibule_engine::Egress;
use vestibule_engine::ProgramKey;
use vestibule_triggers::UnknownTrigger;

use crate::action::Action;
use crate::background::Background;
use crate::background::BackgroundLimits;
use crate::binding::Binding;
use crate::builder::Inner;
use crate::builder::Vestibule;
use crate::cache::MemoryCache;
use crate::continuation::ContinuationKeyError;
use crate::continuation::ContinuationKeys;
use crate::flow_error::FlowError;
use crate::memory_host::MemoryHost;
use crate::outcome::FlowOutcome;
use crate::program_file;
use crate::program_file::ProgramFileError;
use crate::spent::MemorySpent;

/// Time that the action of a dry run may take.
const WALL_MAX: Duration = Duration::from_secs(5);

/// A program file, and how the run went that its compiled form comes from.
#[derive(Debug)]
pub struct MadeProgramFile {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// How many of them are JavaScript.
    pub code_bytes: usize,
    /// How many of them are V8's compiled form; none when nothing was compiled or it is too large for a file,
    /// or the [`Vestibule`] has no [key](crate::Builder::program_key).
    pub code_cache_bytes: usize,
    /// How the dry run ended. A failure is no mistake of the action: it had no secrets, no network and a
    /// made-up event. What ran until then is in the file.
    pub dry_run: FlowOutcome,
}

/// Why there is no program file.
#[derive(Debug, Error)]
pub enum MakeProgramFileError {
    /// There is no such trigger.
    #[error(transparent)]
    Trigger(#[from] UnknownTrigger),
    /// The trigger has no sample event.
    #[error("the trigger {trigger} has no sample event, so nothing can be run on it")]
    NoSample {
        /// The trigger.
        trigger: String,
    },
    /// The sample event of the trigger is no JSON.
    #[error("the sample event of the trigger cannot be read")]
    Sample(#[from] serde_json::Error),
    /// The engine did not take the dry run.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The dry run needs a key of its own.
    #[error(transparent)]
    Key(#[from] ContinuationKeyError),
    /// The file would be none.
    #[error(transparent)]
    File(#[from] ProgramFileError),
}

impl Vestibule {
    /// Makes a program file of an action: its code, and V8's compiled form of what runs when the trigger calls
    /// it with its sample event. That run has no network, no secrets and none of the host's functions or
    /// stores, and what it asks for is dropped.
    ///
    /// # Errors
    /// When there is no such trigger or it has no sample event, the engine is busy, or a part of the file
    /// would be too large.
    pub async fn make_program_file(
        &self,
        action: &Action,
        trigger: &str,
    ) -> Result<MadeProgramFile, MakeProgramFileError> {
        let apart = self.with_nothing_of_the_host()?;
        let mut flow = apart.flow(trigger)?;
        if matches!(flow.trigger().binding(), vestibule_triggers::BindingPolicy::Entity { .. }) {
            flow = flow.entity("dry-run");
        }
        let no_sample = || MakeProgramFileError::NoSample { trigger: trigger.to_owned() };
        let event = serde_json::from_str(flow.trigger().sample_event().ok_or_else(no_sample)?)?;
        let mut limits = self.inner.limits.clone();
        limits.wall = limits.wall.min(WALL_MAX);
        let binding = Binding::new(action.without_secrets()).egress(Egress::none()).limits(limits);
        let dry_run = flow.bind(binding.keeping_code_cache()).run(event).await?;
        let seal = |key: &ProgramKey| self.inner.engine.seal_code_cache(&action.program, key);
        let sealed = self.inner.program_key.as_ref().and_then(seal);
        let sealed = sealed.filter(|sealed| sealed.len() <= program_file::CODE_CACHE_BYTES_MAX);
        let bytes = program_file::write(action, sealed.as_deref())?;
        let code_cache_bytes = sealed.map_or(0, |sealed| sealed.len());
        let code_bytes = action.program.code().len();
        Ok(MadeProgramFile { bytes, code_bytes, code_cache_bytes, dry_run })
    }

    /// A runtime of the same engine and triggers, with stores of its own.
    fn with_nothing_of_the_host(&self) -> Result<Self, ContinuationKeyError> {
        let inner = Inner {
            engine: self.inner.engine.clone(),
            triggers: self.inner.triggers.clone(),
            host: Arc::new(MemoryHost::default()),
            limits: self.inner.limits.clone(),
            egress: Egress::none(),
            continuation_keys: ContinuationKeys::random()?,
            continuation_lifetime: self.inner.continuation_lifetime,
            spent: Box::new(MemorySpent::default()),
            cache: Arc::new(MemoryCache::default()),
            passkeys: Arc::default(),
            background: Background::new(BackgroundLimits::default(), None),
            // The action may have come with a compiled form itself.
            program_key: self.inner.program_key.clone(),
            #[cfg(feature = "inspector")]
            inspector: None,
            shapes: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }
}
