// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Answers every call in one wrong way.
contract OddWallet {
    uint256 private immutable manner;
    uint256 private counter;

    constructor(uint256 chosen) {
        manner = chosen;
    }

    fallback() external {
        uint256 how = manner;
        bytes32 magic = bytes32(bytes4(0x1626ba7e));
        if (how == 0) revert("no");
        if (how == 1) {
            assembly {
                mstore(0, magic)
                revert(0, 32)
            }
        }
        if (how == 2) {
            while (true) counter;
        }
        if (how == 3) {
            assembly {
                invalid()
            }
        }
        if (how == 4) {
            assembly {
                return(0, 0)
            }
        }
        if (how == 5) {
            assembly {
                mstore(0, magic)
                return(0, 4)
            }
        }
        if (how == 6) {
            assembly {
                mstore(0, or(magic, 1))
                return(0, 32)
            }
        }
        if (how == 7) {
            assembly {
                mstore(0, magic)
                mstore(32, 0)
                return(0, 64)
            }
        }
        if (how == 8) {
            assembly {
                mstore(0, magic)
                return(0, 500000)
            }
        }
        if (how == 9) {
            assembly {
                revert(0, 500000)
            }
        }
        if (how == 10) {
            assembly {
                calldatacopy(0, 0, calldatasize())
                return(0, calldatasize())
            }
        }
        if (how == 11) {
            counter = 1;
            assembly {
                mstore(0, magic)
                return(0, 32)
            }
        }
        if (how == 12) {
            assembly {
                mstore(0, 1)
                return(0, 32)
            }
        }
        if (how == 13) {
            assembly {
                mstore(0, shr(224, magic))
                return(0, 32)
            }
        }
        if (how == 14) {
            // EIP-1271 as first drafted: isValidSignature(bytes,bytes).
            assembly {
                mstore(0, shl(224, 0x20c13b0b))
                return(0, 32)
            }
        }
        if (how == 15) {
            // Burns all it may pass on, then reverts with what is left, as a proxy does.
            while (msg.sender == address(this)) counter;
            (bool ignored,) = address(this).call("");
            require(ignored);
        }
    }
}
