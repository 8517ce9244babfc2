//! MILENAGE, the example algorithm set of 3GPP TS 35.206, which nearly all USIMs have.

use core::fmt;

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};

/// The functions f1 to f5* of one subscriber.
#[derive(Clone)]
pub struct Milenage {
    cipher: Aes128,
    opc: [u8; 16],
}

/// What f2 to f5 give for one RAND.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// f2: the answer to the challenge.
    pub res: [u8; 8],
    /// f3: the cipher key.
    pub ck: [u8; 16],
    /// f4: the integrity key.
    pub ik: [u8; 16],
    /// f5: what conceals the sequence number of an AUTN.
    pub ak: [u8; 6],
}

impl Milenage {
    /// With the subscriber's key K and OPc, the operator's variant as the card holds it.
    #[must_use]
    pub fn new(k: [u8; 16], opc: [u8; 16]) -> Self {
        Self { cipher: Aes128::new(&k.into()), opc }
    }

    /// With the subscriber's key K and OP, the operator's variant that is the same for all cards.
    #[must_use]
    pub fn from_op(k: [u8; 16], op: [u8; 16]) -> Self {
        let plain = Self::new(k, op);
        let opc = xor(plain.encrypt(op), op);
        Self { opc, ..plain }
    }

    /// f1 and f1*: MAC-A, by which the network proves itself, and MAC-S, by which the card does
    /// when it is out of step.
    #[must_use]
    pub fn f1(&self, rand: &[u8; 16], sqn: [u8; 6], amf: [u8; 2]) -> ([u8; 8], [u8; 8]) {
        let mut input = [0; 16];
        input[..6].copy_from_slice(&sqn);
        input[6..8].copy_from_slice(&amf);
        input[8..14].copy_from_slice(&sqn);
        input[14..].copy_from_slice(&amf);
        let temp = self.encrypt(xor(*rand, self.opc));
        // r1 is 64 bits, c1 is 0.
        let rotated = rotated(xor(input, self.opc), 8);
        let out = xor(self.encrypt(xor(temp, rotated)), self.opc);
        (halves(out).0, halves(out).1)
    }

    /// f2, f3, f4 and f5.
    #[must_use]
    pub fn f2345(&self, rand: &[u8; 16]) -> Keys {
        let temp = self.encrypt(xor(*rand, self.opc));
        let out2 = self.output(temp, 0, 1);
        let mut ak = [0; 6];
        ak.copy_from_slice(&out2[..6]);
        Keys { res: halves(out2).1, ck: self.output(temp, 4, 2), ik: self.output(temp, 8, 4), ak }
    }

    /// f5*: what conceals the sequence number of an AUTS.
    #[must_use]
    pub fn f5_star(&self, rand: &[u8; 16]) -> [u8; 6] {
        let temp = self.encrypt(xor(*rand, self.opc));
        let mut ak = [0; 6];
        ak.copy_from_slice(&self.output(temp, 12, 8)[..6]);
        ak
    }

    /// OUT2 to OUT5: `rotation` is r in bytes, `constant` the last byte of c.
    fn output(&self, temp: [u8; 16], rotation: usize, constant: u8) -> [u8; 16] {
        let mut input = rotated(xor(temp, self.opc), rotation);
        input[15] ^= constant;
        xor(self.encrypt(input), self.opc)
    }

    fn encrypt(&self, block: [u8; 16]) -> [u8; 16] {
        let mut block = block.into();
        self.cipher.encrypt_block(&mut block);
        block.into()
    }
}

impl fmt::Debug for Milenage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Milenage(..)")
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

pub(super) fn xor<const N: usize>(mut a: [u8; N], b: [u8; N]) -> [u8; N] {
    for (a, b) in a.iter_mut().zip(b) {
        *a ^= b;
    }
    a
}

/// Rotated towards the most significant byte.
const fn rotated(mut block: [u8; 16], bytes: usize) -> [u8; 16] {
    block.rotate_left(bytes);
    block
}

fn halves(block: [u8; 16]) -> ([u8; 8], [u8; 8]) {
    let (mut low, mut high) = ([0; 8], [0; 8]);
    low.copy_from_slice(&block[..8]);
    high.copy_from_slice(&block[8..]);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::hex;
    use super::*;

    /// The test sets of 3GPP TS 35.207 and 35.208: K, OP, RAND, SQN, AMF; OPc, f1, f1*, f2, f3, f4,
    /// f5, f5*.
    const SETS: [[&str; 13]; 5] = [
        [
            "465b5ce8b199b49faa5f0a2ee238a6bc",
            "cdc202d5123e20f62b6d676ac72cb318",
            "23553cbe9637a89d218ae64dae47bf35",
            "ff9bb4d0b607",
            "b9b9",
            "cd63cb71954a9f4e48a5994e37a02baf",
            "4a9ffac354dfafb3",
            "01cfaf9ec4e871e9",
            "a54211d5e3ba50bf",
            "b40ba9a3c58b2a05bbf0d987b21bf8cb",
            "f769bcd751044604127672711c6d3441",
            "aa689c648370",
            "451e8beca43b",
        ],
        [
            "0396eb317b6d1c36f19c1c84cd6ffd16",
            "ff53bade17df5d4e793073ce9d7579fa",
            "c00d603103dcee52c4478119494202e8",
            "fd8eef40df7d",
            "af17",
            "53c15671c60a4b731c55b4a441c0bde2",
            "5df5b31807e258b0",
            "a8c016e51ef4a343",
            "d3a628ed988620f0",
            "58c433ff7a7082acd424220f2b67c556",
            "21a8c1f929702adb3e738488b9f5c5da",
            "c47783995f72",
            "30f1197061c1",
        ],
        [
            "fec86ba6eb707ed08905757b1bb44b8f",
            "dbc59adcb6f9a0ef735477b7fadf8374",
            "9f7c8d021accf4db213ccff0c7f71a6a",
            "9d0277595ffc",
            "725c",
            "1006020f0a478bf6b699f15c062e42b3",
            "9cabc3e99baf7281",
            "95814ba2b3044324",
            "8011c48c0c214ed2",
            "5dbdbb2954e8f3cde665b046179a5098",
            "59a92d3b476a0443487055cf88b2307b",
            "33484dc2136b",
            "deacdd848cc6",
        ],
        [
            "9e5944aea94b81165c82fbf9f32db751",
            "223014c5806694c007ca1eeef57f004f",
            "ce83dbc54ac0274a157c17f80d017bd6",
            "0b604a81eca8",
            "9e09",
            "a64a507ae1a2a98bb88eb4210135dc87",
            "74a58220cba84c49",
            "ac2cc74a96871837",
            "f365cd683cd92e96",
            "e203edb3971574f5a94b0d61b816345d",
            "0c4524adeac041c4dd830d20854fc46b",
            "f0b9c08ad02e",
            "6085a86c6f63",
        ],
        [
            "4ab1deb05ca6ceb051fc98e77d026a84",
            "2d16c5cd1fdf6b22383584e3bef2a8d8",
            "74b0cd6031a1c8339b2b6ce2b8c4a186",
            "e880a1b580b6",
            "9f07",
            "dcf07cbd51855290b92a07a9891e523e",
            "49e785dd12626ef2",
            "9e85790336bb3fa2",
            "5860fc1bce351e7e",
            "7657766b373d1c2138f307e3de9242f9",
            "1c42e960d89b8fa99f2744e0708ccb53",
            "31e11a609118",
            "fe2555e54aa9",
        ],
    ];

    #[test]
    fn the_published_test_sets() {
        for set in SETS {
            let [k, op, rand, sqn, amf, opc, f1, f1_star, f2, f3, f4, f5, f5_star] = set;
            let rand = hex(rand);
            let milenage = Milenage::from_op(hex(k), hex(op));
            assert_eq!(milenage.opc, hex(opc));
            assert_eq!(milenage.f1(&rand, hex(sqn), hex(amf)), (hex(f1), hex(f1_star)));
            let expected = Keys { res: hex(f2), ck: hex(f3), ik: hex(f4), ak: hex(f5) };
            assert!(milenage.f2345(&rand) == expected, "{k}");
            assert_eq!(milenage.f5_star(&rand), hex(f5_star));
            let same = Milenage::new(hex(k), hex(opc));
            assert_eq!(same.f5_star(&rand), hex(f5_star));
        }
    }
}
