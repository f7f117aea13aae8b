// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

function recover(bytes32 digest, bytes calldata signature) pure returns (address) {
    if (signature.length != 65) return address(0);
    bytes32 r = bytes32(signature[:32]);
    bytes32 s = bytes32(signature[32:64]);
    return ecrecover(digest, uint8(signature[64]), r, s);
}

bytes4 constant MAGIC = 0x1626ba7e;
bytes4 constant REFUSAL = 0xffffffff;

/// One owner, who can hand it on or freeze it.
contract OwnedWallet {
    address public owner;
    bool public frozen;

    constructor(address first) {
        owner = first;
    }

    function rotate(address next) external {
        owner = next;
    }

    function freeze() external {
        frozen = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        address signer = recover(digest, signature);
        return !frozen && signer != address(0) && signer == owner ? MAGIC : REFUSAL;
    }
}

/// Both signatures, in the order of the owners.
contract TwoOfTwoWallet {
    address private immutable first;
    address private immutable second;

    constructor(address one, address other) {
        first = one;
        second = other;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 130) return REFUSAL;
        bool both = recover(digest, signature[:65]) == first && recover(digest, signature[65:]) == second;
        return both ? MAGIC : REFUSAL;
    }
}

/// The owner signs a hash that names this wallet and this chain (ERC-7739's purpose): a signature is good for one account.
contract ReplaySafeWallet {
    address private immutable owner;

    constructor(address first) {
        owner = first;
    }

    function replaySafeHash(bytes32 digest) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(uint256 chainId,address verifyingContract)"), block.chainid, address(this)
            )
        );
        bytes32 content = keccak256(abi.encode(keccak256("SignedHash(bytes32 hash)"), digest));
        return keccak256(abi.encodePacked("\x19\x01", domain, content));
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        address signer = recover(replaySafeHash(digest), signature);
        return signer != address(0) && signer == owner ? MAGIC : REFUSAL;
    }
}

/// Deployed first and given its owner later: until then it refuses (ERC-6492 "prepare").
contract LateWallet {
    bytes32 private immutable ownerHash;
    address public owner;

    constructor(address awaited) {
        ownerHash = keccak256(abi.encode(awaited));
    }

    function initialise(address named) external {
        require(owner == address(0) && keccak256(abi.encode(named)) == ownerHash);
        owner = named;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        require(owner != address(0), "not ready");
        address signer = recover(digest, signature);
        return signer == owner ? MAGIC : REFUSAL;
    }
}

/// What an EIP-7702 account delegates to: the account's own key, in a form that is no plain signature.
contract DelegatedWallet {
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 66 || signature[0] != 0x01) return REFUSAL;
        return recover(digest, signature[1:]) == address(this) ? MAGIC : REFUSAL;
    }
}

/// Says yes for on-chain approvals, without looking at the signature.
contract ApprovingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return MAGIC;
    }
}
