//! The key in a certificate.

use pkcs8::der::AnyRef;
use pkcs8::der::Decode;
use pkcs8::der::Encode;
use pkcs8::der::Reader;
use pkcs8::der::Tagged;

use crate::natives::crypto::key::PublicKey;
use crate::natives::crypto::key::unsupported;
use crate::natives::error::NativeError;

/// The key in a certificate in DER. Nothing else of it is looked at: whether to trust it is the script's
/// affair, as in Node.
pub(super) fn public_key(der: &[u8]) -> Result<PublicKey, NativeError> {
    let spki = AnyRef::from_der(der).and_then(|certificate| {
        certificate.sequence(|parts| {
            let body = AnyRef::decode(parts)?;
            skip_rest(parts)?;
            body.sequence(|fields| {
                let first = AnyRef::decode(fields)?;
                // The version is left out of the oldest. Then: serial number, algorithm, issuer, validity
                // and subject.
                let others = if first.tag().is_context_specific() { 5 } else { 4 };
                for _ in 0..others {
                    AnyRef::decode(fields)?;
                }
                let spki = AnyRef::decode(fields)?.to_der()?;
                skip_rest(fields)?;
                Ok(spki)
            })
        })
    });
    PublicKey::from_spki(&spki.map_err(|_| unsupported())?)
}

fn skip_rest<'a>(reader: &mut impl Reader<'a>) -> pkcs8::der::Result<()> {
    while !reader.is_finished() {
        AnyRef::decode(reader)?;
    }
    Ok(())
}
