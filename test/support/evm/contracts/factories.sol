// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// Deploys what it is told to with CREATE2, and gives what stands there already.
contract WalletFactory {
    function deploy(bytes calldata code, bytes32 salt) external returns (address wallet) {
        wallet = locate(code, salt);
        if (wallet.code.length > 0) return wallet;
        bytes memory copy = code;
        assembly {
            wallet := create2(0, add(copy, 0x20), mload(copy), salt)
        }
        require(wallet != address(0), "not deployed");
    }

    function locate(bytes calldata code, bytes32 salt) public view returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, keccak256(code)));
        return address(uint160(uint256(hash)));
    }
}

/// Called as a factory, does anything but deploy the account.
contract HostileFactory {
    uint256 private counter;

    function succeed() external {
        counter = 1;
    }

    function elsewhere(bytes calldata code) external {
        bytes memory copy = code;
        assembly {
            pop(create(0, add(copy, 0x20), mload(copy)))
        }
    }

    function refuse() external pure {
        revert("no");
    }

    function burn() external view {
        while (true) counter;
    }

    /// Answers as the validator does when it accepts.
    function forge(bytes calldata verdict) external pure {
        bytes memory copy = verdict;
        assembly {
            return(add(copy, 0x20), mload(copy))
        }
    }

    function bomb() external pure {
        assembly {
            return(0, 500000)
        }
    }

    /// Calls back whoever called: with a verdict, and as if it were the account.
    function callBack(address account, bytes calldata verdict) external {
        (bool first,) = msg.sender.call(verdict);
        (bool second,) = msg.sender.call(abi.encodeWithSelector(0x1626ba7e, bytes32(0), verdict));
        (bool third,) = account.call(verdict);
        counter = first && second && third ? 1 : 2;
    }
}
