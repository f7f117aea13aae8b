// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Asks an account whether a signature is its own: ERC-1271, and ERC-6492 for accounts that are not deployed or not ready.
///
/// It runs only as the init code of an `eth_call`, so nothing it causes lasts, and it gives its verdict as the code it would
/// have deployed. It never reverts once it has its gas: each foreign call gets a fixed share, and nothing of what that call
/// returns is copied beyond 32 bytes. So no contract can make its own answer look like a failure of the RPC server.
///
/// No `ecrecover`: accounts that are keys were decided before, without the network.
contract SignatureValidator {
    // The first byte must not be 0xef (EIP-3541): a verdict is returned as if it were code.
    bytes32 private constant TAG = "walletgate signature verdict 1";

    uint256 private constant DEPLOYED_ACCEPTED = 1;
    uint256 private constant UNDEPLOYED_ACCEPTED = 2;
    uint256 private constant PREPARED_ACCEPTED = 3;
    uint256 private constant REFUSED = 4;
    uint256 private constant REVERTED = 5;
    uint256 private constant GAS_EXHAUSTED = 6;
    uint256 private constant NO_CODE = 7;
    uint256 private constant FACTORY_REVERTED = 8;
    uint256 private constant FACTORY_GAS_EXHAUSTED = 9;
    uint256 private constant FACTORY_DEPLOYED_NOTHING = 10;
    uint256 private constant TOO_LITTLE_GAS = 11;

    // Internal to `callFactory`.
    uint256 private constant FACTORY_SUCCEEDED = 0;

    /// Kept back at every foreign call for what comes after it.
    uint256 private constant RESERVE = 60_000;

    constructor(
        address account,
        bytes32 digest,
        address factory,
        uint256 accountGas,
        uint256 factoryGas,
        bytes memory factoryData,
        bytes memory signature
    ) {
        bytes memory question = abi.encodeWithSelector(0x1626ba7e, digest, signature);
        uint256 outcome = decide(account, question, factory, factoryData, accountGas, factoryGas);
        bytes32 tag = TAG;
        assembly {
            mstore(0x00, tag)
            mstore(0x20, chainid())
            mstore(0x40, outcome)
            mstore(0x60, digest)
            return(0x00, 0x80)
        }
    }

    function decide(
        address account,
        bytes memory question,
        address factory,
        bytes memory factoryData,
        uint256 accountGas,
        uint256 factoryGas
    ) private returns (uint256) {
        if (account.code.length == 0) {
            if (factory == address(0)) return NO_CODE;
            uint256 made = callFactory(factory, factoryData, factoryGas);
            if (made != FACTORY_SUCCEEDED) return made;
            if (account.code.length == 0) return FACTORY_DEPLOYED_NOTHING;
            return askAccount(account, question, accountGas, UNDEPLOYED_ACCEPTED);
        }
        uint256 answer = askAccount(account, question, accountGas, DEPLOYED_ACCEPTED);
        if (answer == DEPLOYED_ACCEPTED || answer == TOO_LITTLE_GAS || factory == address(0)) return answer;
        // ERC-6492: a deployed account that does not accept yet may be made ready by the same call.
        uint256 prepared = callFactory(factory, factoryData, factoryGas);
        if (prepared == TOO_LITTLE_GAS) return prepared;
        if (prepared != FACTORY_SUCCEEDED) return answer;
        return askAccount(account, question, accountGas, PREPARED_ACCEPTED);
    }

    function askAccount(address account, bytes memory question, uint256 gasLimit, uint256 accepted)
        private
        view
        returns (uint256)
    {
        uint256 before = gasleft();
        if (!affords(before, gasLimit)) return TOO_LITTLE_GAS;
        bool succeeded;
        uint256 size;
        bytes32 word;
        // ERC-1271: must not change state, hence `staticcall`.
        assembly {
            mstore(0x00, 0)
            succeeded := staticcall(gasLimit, account, add(question, 0x20), mload(question), 0x00, 0x20)
            size := returndatasize()
            word := mload(0x00)
        }
        if (succeeded) return size == 32 && word == bytes32(bytes4(0x1626ba7e)) ? accepted : REFUSED;
        return isSpent(before, gasLimit) ? GAS_EXHAUSTED : REVERTED;
    }

    function callFactory(address factory, bytes memory factoryData, uint256 gasLimit) private returns (uint256) {
        uint256 before = gasleft();
        if (!affords(before, gasLimit)) return TOO_LITTLE_GAS;
        bool succeeded;
        assembly {
            succeeded := call(gasLimit, factory, 0, add(factoryData, 0x20), mload(factoryData), 0x00, 0x00)
        }
        if (succeeded) return FACTORY_SUCCEEDED;
        return isSpent(before, gasLimit) ? FACTORY_GAS_EXHAUSTED : FACTORY_REVERTED;
    }

    /// EIP-150: a call gets at most 63/64 of what is left. With less than asked for, a refusal would prove nothing.
    function affords(uint256 available, uint256 gasLimit) private pure returns (bool) {
        return available >= gasLimit + gasLimit / 32 + RESERVE;
    }

    /// A proxy keeps 1/64 when what it calls burns the rest, and then reverts.
    function isSpent(uint256 before, uint256 gasLimit) private view returns (bool) {
        return before - gasleft() >= gasLimit - gasLimit / 32;
    }
}
