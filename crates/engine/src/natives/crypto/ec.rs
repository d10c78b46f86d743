//! Keys on the curves that Node's tokens and certificates use, by one face for all of them.

use elliptic_curve::sec1::ToEncodedPoint;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::elliptic_curve;
use pkcs8::ObjectIdentifier;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
    K256,
}

/// A point on a curve that is not at infinity, not compressed.
#[derive(Clone)]
pub(super) struct EcPublic {
    pub(super) curve: Curve,
    pub(super) point: Vec<u8>,
}

/// A number that belongs to a curve, and the point that it leads to.
#[derive(Clone)]
pub(super) struct EcPrivate {
    pub(super) scalar: Zeroizing<Vec<u8>>,
    pub(super) public: EcPublic,
}

/// How the two numbers of a signature are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Der,
    /// One after the other.
    P1363,
}

/// Evaluates an expression with `$lib` as the crate of a curve; they all have the same names.
macro_rules! with_curve {
    ($curve:expr, $lib:ident => $each:expr) => {
        match $curve {
            Curve::P256 => {
                use p256 as $lib;
                $each
            }
            Curve::P384 => {
                use p384 as $lib;
                $each
            }
            Curve::P521 => {
                use p521 as $lib;
                $each
            }
            Curve::K256 => {
                use k256 as $lib;
                $each
            }
        }
    };
}

/// By Node's name, by that of a JWK, and by what certificates call it.
const CURVES: &[(Curve, &str, &str, ObjectIdentifier)] = &[
    (Curve::P256, "prime256v1", "P-256", ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7")),
    (Curve::P384, "secp384r1", "P-384", ObjectIdentifier::new_unwrap("1.3.132.0.34")),
    (Curve::P521, "secp521r1", "P-521", ObjectIdentifier::new_unwrap("1.3.132.0.35")),
    (Curve::K256, "secp256k1", "secp256k1", ObjectIdentifier::new_unwrap("1.3.132.0.10")),
];

impl Curve {
    pub(super) fn find(name: &str) -> Option<Self> {
        let name = if name == "secp256r1" { "prime256v1" } else { name };
        CURVES.iter().find(|(_, node, jwk, _)| *node == name || *jwk == name).map(|(curve, ..)| *curve)
    }

    pub(super) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        CURVES.iter().find(|(.., known)| *known == oid).map(|(curve, ..)| *curve)
    }

    pub(super) fn node_name(self) -> &'static str {
        CURVES.iter().find(|(curve, ..)| *curve == self).map_or("", |(_, name, ..)| name)
    }

    pub(super) fn jwk_name(self) -> &'static str {
        CURVES.iter().find(|(curve, ..)| *curve == self).map_or("", |(_, _, name, _)| name)
    }

    pub(super) fn oid(self) -> ObjectIdentifier {
        let known = CURVES.iter().find(|(curve, ..)| *curve == self);
        known.map_or(CURVES[0].3, |(.., oid)| *oid)
    }

    /// Bytes of a coordinate, and of a private key.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::P256 | Self::K256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// A number of few bytes, as many bytes as the curve has.
    fn padded(self, number: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let significant = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
        let number = &number[significant..];
        let missing = self.bytes().checked_sub(number.len())?;
        let mut padded = Zeroizing::new(vec![0; missing]);
        padded.extend_from_slice(number);
        Some(padded)
    }
}

impl EcPublic {
    /// From a point in any of its encodings, if it lies on the curve.
    pub(super) fn new(curve: Curve, point: &[u8]) -> Option<Self> {
        let point = with_curve!(curve, lib => {
            lib::PublicKey::from_sec1_bytes(point).ok()?.to_encoded_point(false).as_bytes().to_vec()
        });
        Some(Self { curve, point })
    }

    pub(super) fn from_coordinates(curve: Curve, x: &[u8], y: &[u8]) -> Option<Self> {
        let mut point = vec![4];
        point.extend_from_slice(&curve.padded(x)?);
        point.extend_from_slice(&curve.padded(y)?);
        Self::new(curve, &point)
    }

    /// The two coordinates.
    pub(super) fn coordinates(&self) -> (&[u8], &[u8]) {
        self.point[1..].split_at(self.curve.bytes())
    }

    pub(super) fn encoded(&self, compressed: bool) -> Vec<u8> {
        let encoded = with_curve!(self.curve, lib => {
            lib::PublicKey::from_sec1_bytes(&self.point)
                .map(|point| point.to_encoded_point(compressed).as_bytes().to_vec())
        });
        encoded.unwrap_or_default()
    }

    pub(super) fn verifies(&self, digest: &[u8], signature: &[u8], encoding: Encoding) -> bool {
        let verified = with_curve!(self.curve, lib => (|| {
            let key = lib::ecdsa::VerifyingKey::from_sec1_bytes(&self.point).ok()?;
            let signature = match encoding {
                Encoding::Der => lib::ecdsa::Signature::from_der(signature).ok()?,
                Encoding::P1363 => lib::ecdsa::Signature::from_slice(signature).ok()?,
            };
            // One of the crates wants the smaller of the two numbers that mean the same.
            let signature = signature.normalize_s().unwrap_or(signature);
            key.verify_prehash(&of_field(digest, self.curve), &signature).ok()
        })());
        verified.is_some()
    }
}

impl EcPrivate {
    pub(super) fn new(curve: Curve, scalar: &[u8]) -> Option<Self> {
        let scalar = curve.padded(scalar)?;
        let point = with_curve!(curve, lib => {
            let secret = lib::SecretKey::from_slice(&scalar).ok()?;
            secret.public_key().to_encoded_point(false).as_bytes().to_vec()
        });
        Some(Self { scalar, public: EcPublic { curve, point } })
    }

    pub(super) fn random(curve: Curve) -> Option<Self> {
        let scalar = with_curve!(curve, lib => lib::SecretKey::random(&mut OsRng).to_bytes().to_vec());
        Self::new(curve, &Zeroizing::new(scalar))
    }

    pub(super) fn sign(&self, digest: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
        with_curve!(self.public.curve, lib => {
            let key = lib::ecdsa::SigningKey::from_slice(&self.scalar).ok()?;
            let digest = of_field(digest, self.public.curve);
            let signature: lib::ecdsa::Signature = key.sign_prehash(&digest).ok()?;
            Some(match encoding {
                Encoding::Der => signature.to_der().as_bytes().to_vec(),
                Encoding::P1363 => signature.to_bytes().to_vec(),
            })
        })
    }

    /// What both sides of an exchange come to.
    pub(super) fn agree(&self, other: &EcPublic) -> Option<Vec<u8>> {
        if self.public.curve != other.curve {
            return None;
        }
        with_curve!(other.curve, lib => {
            let secret = lib::SecretKey::from_slice(&self.scalar).ok()?;
            let other = lib::PublicKey::from_sec1_bytes(&other.point).ok()?;
            let agreed = lib::ecdh::diffie_hellman(secret.to_nonzero_scalar(), other.as_affine());
            Some(agreed.raw_secret_bytes().to_vec())
        })
    }
}

/// A digest as the number that ECDSA reads in it. The crates refuse short digests, which Node takes; zeros
/// in front do not change the number.
fn of_field(digest: &[u8], curve: Curve) -> Vec<u8> {
    let mut field = vec![0; curve.bytes().saturating_sub(digest.len())];
    field.extend_from_slice(digest);
    field
}
