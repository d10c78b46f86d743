//! Every number of an installation, with its unit and its reason.

use std::time::Duration;

/// How much an installation may take. A package that exceeds one of these is refused before anything of
/// it reaches `node_modules`.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Packages in one project; 5,000. Real projects of actions have tens.
    pub packages_max: usize,
    /// Bytes of what the registry says about one package; 64 MiB. The longest histories take 20.
    pub metadata_bytes_max: u64,
    /// Bytes of one package as it is downloaded; 64 MiB.
    pub tarball_bytes_max: u64,
    /// Bytes of one package on disk; 512 MiB. It stops archives that unpack to a thousand times their size.
    pub unpacked_bytes_max: u64,
    /// Bytes of everything that one installation unpacks; 4 GiB.
    pub unpacked_bytes_total_max: u64,
    /// Files of one package; 50,000. Packages of icons have 30,000.
    pub files_max: u64,
    /// Bytes of the path of a file inside its package; 512.
    pub path_bytes_max: usize,
    /// Requests at the same time; 8.
    pub requests_max: usize,
    /// Tries of one request before it counts as failed; 4.
    pub attempts_max: u32,
    /// The pause before the second try; it doubles each time. 300 ms.
    pub first_pause: Duration,
    /// The longest pause, also when the registry asks for a longer one; 20 s.
    pub pause_max: Duration,
    /// To reach a server; 10 s.
    pub connect_time_max: Duration,
    /// Between two pieces of a response; 30 s.
    pub idle_time_max: Duration,
    /// One try of one request, from its first byte to its last; 5 min.
    pub request_time_max: Duration,
    /// Redirects of one request; 5.
    pub redirects_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            packages_max: 5_000,
            metadata_bytes_max: 64 * MIB,
            tarball_bytes_max: 64 * MIB,
            unpacked_bytes_max: 512 * MIB,
            unpacked_bytes_total_max: 4096 * MIB,
            files_max: 50_000,
            path_bytes_max: 512,
            requests_max: 8,
            attempts_max: 4,
            first_pause: Duration::from_millis(300),
            pause_max: Duration::from_secs(20),
            connect_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(30),
            request_time_max: Duration::from_secs(300),
            redirects_max: 5,
        }
    }
}
