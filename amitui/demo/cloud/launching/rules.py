"""What the simulated EC2 refuses of launches and of shares with everyone: code, status, words, and their sources.

docs/simulated-ec2.md prints this table and says what the kinds of sources are.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from amitui.demo.cloud.model import CloudError

UNVERIFIED: Final = "unverified"
_API: Final = "API reference, error codes"
_RUN: Final = "API reference, RunInstances"
_BLOCK_DEVICE: Final = "API reference, EbsBlockDevice"


class Rule(NamedTuple):
    """One thing that is refused."""

    refuses: str
    """What, as the documentation's table says it."""
    code: str
    words: str
    """The message, with the names of `refusal`'s values in braces."""
    code_source: str
    words_source: str
    status: int = 400


def _seen(where: str) -> str:
    return f"seen: {where}"


def _copied(where: str) -> str:
    return f"in others' code: {where}"


RULES: Final[dict[str, Rule]] = {
    # The request
    "count-missing": Rule("no MinCount or no MaxCount", "MissingParameter",
        "The request must contain the parameter {name}", _API, UNVERIFIED),
    "count-not-positive": Rule("a count below 1", "InvalidParameterValue",
        "Value ({value}) for parameter {name} is invalid. Expected a positive integer.", _API, UNVERIFIED),
    "counts-reversed": Rule("MaxCount below MinCount", "InvalidParameterValue",
        "Value ({most}) for parameter maxCount is invalid. It must not be less than minCount ({least}).",
        _API, UNVERIFIED),
    "token-reused": Rule("a client token that was used with other parameters", "IdempotentParameterMismatch",
        "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        "Developer Guide, idempotency", _seen("rust-lang/bors#830")),
    "token-of-the-terminated": Rule("a client token whose instances are all terminated",
        "IdempotentInstanceTerminated",
        "The client token you have provided is associated with a terminated instance. Please use a different "
        "client token.", _seen("boto/boto3#4406"), _seen("boto/boto3#4406")),
    "not-authorized": Rule("a caller without the permission, of a dry run too", "UnauthorizedOperation",
        "You are not authorized to perform this operation. …", _API, _seen("everywhere"), 403),
    "template-id-unknown": Rule("a launch template's id that there is not", "InvalidLaunchTemplateId.NotFound",
        "The specified launch template, with template ID {template}, does not exist.", _API,
        _copied("several")),
    "template-name-unknown": Rule("a launch template's name that there is not",
        "InvalidLaunchTemplateName.NotFoundException",
        "The specified launch template, with template name {template}, does not exist.", _API,
        _copied("kubernetes-sigs/cluster-api-provider-aws")),
    "template-version-unknown": Rule("a version that the template does not have",
        "InvalidLaunchTemplateId.VersionNotFound",
        "Could not find the specified version {version} for the launch template with ID {template}.", _API,
        _copied("mulgadc/spinifex")),
    # The image
    "image-missing": Rule("no image, neither named nor in the template", "MissingParameter",
        "The request must contain the parameter ImageId", _API, _seen("public logs")),
    "image-id-malformed": Rule("an id that cannot be one", "InvalidAMIID.Malformed",
        'Invalid id: "{image}" (expecting "ami-...")', _API, _seen("aws/aws-cdk#28090")),
    "image-unknown": Rule("an image that there is not in the Region", "InvalidAMIID.NotFound",
        "The image id '[{image}]' does not exist", _API, _seen("hashicorp/terraform#11220")),
    "image-deregistered": Rule("an image of one's own that was just deregistered", "InvalidAMIID.Unavailable",
        "The image ID '{image}' is no longer available", _API,
        _copied("terraform-linters/tflint, with a colon after `ID`")),
    "image-not-available": Rule("an image that is pending, failed or disabled", "InvalidAMIID.Unavailable",
        "AMI '{image}' is {state}, and cannot be run", _API, _seen("hashicorp/packer#12162, of a pending image")),
    "image-foreign": Rule("an image that is neither public nor shared with the caller, also one of Amazon's that "
        "is no longer public", "AuthFailure", "Not authorized for images: [{image}]", _API,
        _seen("Orange-Cyberdefense/GOAD#304")),
    "image-not-allowed": Rule("an image that the account's Allowed AMIs exclude", "InvalidAMIID.NotFound",
        "The image id '[{image}]' does not exist", _API, UNVERIFIED),
    "product-not-subscribed": Rule("an image with a Marketplace product that the account has not subscribed to",
        "OptInRequired",
        "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please "
        "visit https://aws.amazon.com/marketplace/pp?sku={product}", _API, _seen("ansible/workshops#1792"), 401),
    "parameter-unknown": Rule(
        "`resolve:ssm:` of a parameter, version or label that there is not, in a launch template already",
        "SsmInvalidParameter", "The following aliases are invalid: [{parameter}]", _seen("public notes"),
        _seen("public notes, up to the colon")),
    "parameter-of-other-type": Rule(
        "`resolve:ssm:` of a parameter whose data type is not `aws:ec2:image`, in a launch template already",
        "SsmInvalidParameter",
        "Unsupported data type. The following parameter data types are supported: aws:ec2:image",
        _seen("aws/aws-cdk#26712; of templates kent8192/reinhardt-web#2023"), _seen("aws/aws-cdk#26712")),
    # The instance type
    "type-unknown": Rule("an instance type that there is not", "InvalidParameterValue",
        "Invalid value '{type}' for InstanceType.", _API, _copied("teaching simulators")),
    "type-not-in-region": Rule("a type that the Region does not have", "Unsupported",
        "The requested configuration is currently not supported. Please check the documentation for supported "
        "configurations.", _API, _seen("public notes")),
    "type-not-in-zone": Rule("a type that the zone does not have, named or by the subnet", "Unsupported",
        "Your requested instance type ({type}) is not supported in your requested Availability Zone ({zone}). "
        "Please retry your request by not specifying an Availability Zone or choosing {others}.", _API,
        _seen("openshift/release")),
    "architecture": Rule("an architecture that the type does not have", "InvalidParameterValue",
        "The architecture '{offered}' of the specified instance type does not match the architecture '{wanted}' "
        "of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try "
        "again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the "
        "instance type or AMI.", _seen("skypilot-org/skypilot#6315"), _seen("skypilot-org/skypilot#6315")),
    "virtualization": Rule("a paravirtual image on a type that is HVM only", "InvalidParameterCombination",
        "Virtualization type 'hvm' is required for instances of type '{type}'. Ensure that you are using an AMI "
        "with virtualization type 'hvm'.", _seen("public logs"), _seen("public logs")),
    "root-device": Rule("an instance-store root on a type that boots from EBS only", "UnsupportedOperation",
        "AMI '{image}' with an instance-store root device is not supported for the instance type '{type}'.",
        _seen("StarCluster"), _seen("StarCluster")),
    "boot-mode": Rule("a boot mode that the type does not have", "InvalidParameterValue",
        "The {type} instance type does not support an AMI with a boot mode of {mode}. {hint}Specify an instance "
        "type that supports {mode}, and try again.", _seen("RhinoSecurityLabs/cloudgoat#247"),
        _seen("RhinoSecurityLabs/cloudgoat#247, of UEFI; unverified of Legacy BIOS")),
    "ena": Rule("an image without ENA on a type that requires it", "InvalidParameterCombination",
        "Enhanced networking with the Elastic Network Adapter (ENA) is required for the '{type}' instance type. "
        "Ensure that you are using an AMI that is enabled for ENA.", _seen("public logs"), _seen("public logs")),
    "tpm": Rule("an image with NitroTPM on a type without", "InvalidParameterValue",
        "The {type} instance type does not support an AMI with TPM version v2.0. Specify an instance type that "
        "supports TPM version v2.0, and try again.", UNVERIFIED, _seen("public notes")),
    "type-excluded-by-owner": Rule("a type that the image's instance type specification excludes",
        "InvalidParameterCombination",
        "The instance type '{type}' is not supported by the AMI '{image}' according to its instance type "
        "specification.", "User Guide, instance types allowed for an AMI", UNVERIFIED),
    # Access
    "key-unknown": Rule("a key pair that there is not", "InvalidKeyPair.NotFound",
        "The key pair '{key}' does not exist", _API, _seen("public logs")),
    "profile-unknown": Rule("an instance profile that there is not, by name or by ARN", "InvalidParameterValue",
        "Value ({profile}) for parameter iamInstanceProfile.{how} is invalid. Invalid IAM Instance Profile {what}",
        _seen("public logs"), _seen("public logs, of a name; unverified of an ARN")),
    "user-data-encoding": Rule("user data that is not base64, in a launch template already",
        "InvalidUserData.Malformed",
        "Invalid BASE64 encoding of user data.", _API, _seen("public logs, of CreateLaunchTemplate")),
    "user-data-too-long": Rule("more than 16,384 bytes of user data before base64", "InvalidUserData.Malformed",
        "User data is limited to 16384 bytes", _seen("public logs of 2026; InvalidParameterValue in older ones"),
        _seen("public logs")),
    "user-data-too-long-encoded": Rule("more than 25,600 bytes of user data after base64",
        "InvalidUserData.Malformed", "Encoded User data is limited to 25600 bytes", UNVERIFIED,
        _seen("public notes")),
    "metadata-option": Rule("a metadata option that there is not, or a hop limit outside of 1 to 64",
        "InvalidParameterValue", "Value ({value}) for parameter metadataOptions.{name} is invalid.",
        "API reference, InstanceMetadataOptionsRequest", UNVERIFIED),
    "shutdown-behavior": Rule("InstanceInitiatedShutdownBehavior other than stop or terminate",
        "InvalidParameterValue",
        "Value ({value}) for parameter InstanceInitiatedShutdownBehavior is invalid.", _RUN, UNVERIFIED),
    "shutdown-behavior-in-s3": Rule("InstanceInitiatedShutdownBehavior of an image in S3",
        "InvalidParameterCombination",
        "The attribute instanceInitiatedShutdownBehavior can only be used for EBS-backed images",
        _seen("scylladb/cassandra-test-and-deploy#128"), _seen("scylladb/cassandra-test-and-deploy#128")),
    "tag-reserved": Rule("a tag whose key begins with `aws:`", "InvalidParameterValue",
        "Tag keys starting with 'aws:' are reserved for internal use", "API reference, Tag", _copied("several")),
    "tag-kind": Rule("tags of a kind of resource that a launch does not make", "InvalidParameterValue",
        "'{kind}' is not a valid taggable resource type for this operation.", _RUN, _copied("several")),
    # The network
    "subnet-unknown": Rule("a subnet that there is not", "InvalidSubnetID.NotFound",
        "The subnet ID '{subnet}' does not exist", _API, _seen("public logs")),
    "group-id-malformed": Rule("a security group's id that cannot be one", "InvalidGroupId.Malformed",
        'Invalid id: "{group}" (expecting "sg-...")', _API, _seen("public logs")),
    "group-unknown": Rule("a security group's id that there is not", "InvalidGroup.NotFound",
        "The security group '{group}' does not exist", _API, _seen("public logs")),
    "group-name-unknown": Rule("a security group's name that the default VPC does not have",
        "InvalidGroup.NotFound", "The security group '{group}' does not exist in default VPC '{vpc}'", _API,
        _seen("public logs")),
    "group-name-with-subnet": Rule("names of security groups with a subnet", "InvalidParameterCombination",
        "The parameter groupName cannot be used with the parameter subnet", _RUN, _seen("public logs")),
    "networks-differ": Rule("a security group and a subnet of different VPCs", "InvalidParameter",
        "Security group {group} and subnet {subnet} belong to different networks.", _seen("public logs"),
        _seen("public logs")),
    "interfaces-with-subnet": Rule("network interfaces with a subnet of the instance",
        "InvalidParameterCombination",
        "Network interfaces and an instance-level subnet ID may not be specified on the same request", _RUN,
        "moto"),
    "interface-index": Rule("network interfaces without a device index each, or without one of index 0",
        "InvalidParameterValue", "Each network interface requires a device index of its own, beginning with 0.",
        "API reference, InstanceNetworkInterfaceSpecification", UNVERIFIED),
    "interfaces-with-groups": Rule("network interfaces with security groups of the instance",
        "InvalidParameterCombination",
        "Network interfaces and an instance-level security groups may not be specified on the same request", _RUN,
        _copied("hashicorp/terraform-provider-aws")),
    "zone-unknown": Rule("a zone that there is not", "InvalidParameterValue",
        "Invalid availability zone: [{zone}]", _seen("public logs"), _seen("public logs")),
    "zone-of-other-subnet": Rule("a subnet of another zone than the one that is named", "InvalidParameterValue",
        "The subnet '{subnet}' is in the Availability Zone {actual}, not in {zone}.", UNVERIFIED, UNVERIFIED),
    "no-default-vpc": Rule("no subnet in an account without a default VPC", "VPCIdNotSpecified",
        "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.", _API,
        _seen("public logs")),
    "no-default-subnet": Rule("no subnet in an account whose default VPC has none", "MissingInput",
        "No subnets found for the default VPC '{vpc}'. Please specify a subnet.", _seen("public logs"),
        _seen("public logs")),
    "addresses-exhausted": Rule("fewer free addresses in the subnet than MinCount",
        "InsufficientFreeAddressesInSubnet",
        "There are not enough free addresses in subnet '{subnet}' to satisfy the requested number of instances.",
        _API, _seen("public notes")),
    # The volumes
    "device-missing": Rule("a mapping without a device name", "MissingParameter",
        "The request must contain the parameter deviceName", _API, UNVERIFIED),
    "device-twice": Rule("two mappings of one device, of image and request together: `xvda` is `/dev/xvda`",
        "InvalidBlockDeviceMapping",
        "The device '{device}' is used in more than one block-device mapping",
        _seen("Spotinst's documentation"), _seen("Spotinst's documentation")),
    "device-name": Rule("a device name that EC2 does not have", "InvalidBlockDeviceMapping",
        "Invalid device name {device}", _seen("public logs"), _seen("public logs")),
    "root-left-out": Rule("an instance without its root volume", "InvalidBlockDeviceMapping",
        "The root device {device} cannot be left out.", UNVERIFIED, UNVERIFIED),
    "root-snapshot": Rule("another snapshot for the root volume", "InvalidBlockDeviceMapping",
        "snapshotId cannot be modified on root device", _copied("openstack/ec2-api"), _seen("public logs")),
    "snapshot-id-malformed": Rule("a snapshot's id that cannot be one", "InvalidSnapshotID.Malformed",
        'Invalid id: "{snapshot}" (expecting "snap-...")', _API, UNVERIFIED),
    "snapshot-unknown": Rule("a snapshot that there is not, or that the caller may not read",
        "InvalidSnapshot.NotFound", "The snapshot '{snapshot}' does not exist.", _API, _seen("public logs")),
    "snapshot-pending": Rule("a snapshot that is not completed", "IncorrectState",
        "Snapshot '{snapshot}' is not 'completed'.", _seen("tschellenbach/Snaptastic#17"),
        _seen("tschellenbach/Snaptastic#17")),
    "snapshot-archived": Rule("a snapshot in the archive tier", "InvalidParameterValue",
        "The snapshot '{snapshot}' is archived. Restore it before you use it.",
        "EBS User Guide, archive snapshots; the code is unverified", UNVERIFIED),
    "volume-below-snapshot": Rule("a volume smaller than its snapshot", "InvalidBlockDeviceMapping",
        "Volume of size {gib}GB is smaller than snapshot '{snapshot}', expect size >= {least}GB",
        _seen("public logs"), _seen("public logs")),
    "volume-without-size": Rule("a volume with neither size nor snapshot", "MissingParameter",
        "The request must contain the parameter size or snapshotId", _BLOCK_DEVICE, _seen("public logs")),
    "volume-type": Rule("a volume type that there is not", "InvalidParameterValue",
        "Invalid volume type: {kind}", _BLOCK_DEVICE, UNVERIFIED),
    "volume-type-of-root": Rule("a root volume of st1 or sc1", "InvalidParameterValue",
        "The {kind} volume type cannot be used for boot volumes. Please use a supported boot volume type: "
        "standard,io1,io2,gp2,gp3.", UNVERIFIED, _copied("with fewer types")),
    "volume-size": Rule("a size that the volume type does not have", "InvalidParameterValue",
        "Volume of {gib}GiB is too {how}; {end} is {limit}GiB.", _BLOCK_DEVICE, _copied("fog/fog-aws")),
    "iops-missing": Rule("io1 or io2 without Iops", "InvalidParameterCombination",
        "The parameter iops must be specified for {kind} volumes.", _copied("fog/fog-aws"),
        _copied("fog/fog-aws")),
    "iops-not-supported": Rule("Iops of a volume type that has none to choose", "InvalidParameterCombination",
        "The parameter iops is not supported for {kind} volumes.",
        _copied("kubernetes-sigs/aws-ebs-csi-driver"), _copied("kubernetes-sigs/aws-ebs-csi-driver")),
    "iops": Rule("Iops that the volume type does not have", "InvalidParameterValue",
        "Volume iops of {iops} is too {how}; {end} is {limit}.", _BLOCK_DEVICE, _copied("fog/fog-aws")),
    "iops-per-size": Rule("more Iops than the volume's size allows", "InvalidParameterValue",
        "Iops to volume size ratio of {ratio} is too high; maximum is {limit}.",
        "EBS User Guide, volume types", _copied("aws/aws-parallelcluster")),
    "throughput-not-supported": Rule("Throughput of a volume type that has none to choose",
        "InvalidParameterCombination", "The parameter throughput is not supported for {kind} volumes.",
        _BLOCK_DEVICE, UNVERIFIED),
    "throughput": Rule("Throughput that gp3 does not have", "InvalidParameterValue",
        "Volume throughput of {throughput} is too {how}; {end} is {limit}.", _BLOCK_DEVICE, UNVERIFIED),
    "throughput-per-iops": Rule("more Throughput than the Iops allow", "InvalidParameterValue",
        "Throughput (MiBps) to iops ratio of {ratio} is too high; maximum is 0.250000 MiBps per iops.",
        "EBS User Guide, volume types", _copied("gardener/gardener-extension-provider-aws")),
    "key-without-encryption": Rule("KmsKeyId without Encrypted", "InvalidParameterDependency",
        "The parameter KmsKeyId requires the parameter Encrypted to be set.",
        _seen("keithvassallomt/parsec-aws-automation#12"), _seen("keithvassallomt/parsec-aws-automation#12")),
    "encryption-removed": Rule("Encrypted=false on an encrypted snapshot", "InvalidBlockDeviceMapping",
        "The device '{device}' has an encrypted snapshot: the encrypted flag cannot be false.",
        "User Guide, encryption with EBS-backed AMIs; the code is unverified", UNVERIFIED),
    # Market and quotas
    "vcpu-quota": Rule("more vCPUs of On-Demand instances than the quota of the type's family, also when stopped "
        "instances are started", "VcpuLimitExceeded",
        "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the instance "
        "bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", _API,
        _seen("firesim/firesim#410")),
    "instance-quota": Rule("more instances than the account's limit", "InstanceLimitExceeded",
        "You have requested more instances ({wanted}) than your current instance limit of {limit} allows for the "
        "specified instance type. Please visit http://aws.amazon.com/contact-us/ec2-request to request an "
        "adjustment to this limit.", _API, _seen("public logs")),
    "spot-quota": Rule("more vCPUs of Spot Instances than the quota of the type's family",
        "MaxSpotInstanceCountExceeded", "Max spot instance count exceeded", _API, _copied("several")),
    "market-unknown": Rule("a market that there is not", "InvalidParameterValue",
        "Value ({market}) for parameter InstanceMarketOptions.MarketType is invalid.", _RUN, UNVERIFIED),
    "market-not-offered": Rule("a type that the market does not have", "Unsupported",
        "The instance type '{type}' is not supported for the market type '{market}'.", _API, UNVERIFIED),
    "spot-options-without-spot": Rule("SpotOptions without the market `spot`", "InvalidParameterCombination",
        "SpotOptions can be specified only with the MarketType spot.", _RUN, UNVERIFIED),
    "spot-price": Rule("a Spot price that is none, or below 0.001", "InvalidParameterValue",
        "Invalid bid price: {price}. Bid price must be greater than or equal to 0.001", _RUN,
        _seen("public logs, of Auto Scaling")),
    "spot-interruption": Rule("stop or hibernate at interruption of a one-time Spot request",
        "InvalidParameterCombination",
        "The request with type '{kind}' is not supported when instanceInterruptionBehavior is set to "
        "'{behavior}'.",
        _seen("harmony-one/harmony-ops#285"), _seen("harmony-one/harmony-ops#285, of RequestSpotInstances")),
    "spot-persistent": Rule("a persistent Spot request that ends with its interruption",
        "InvalidParameterCombination",
        "The {behavior} InstanceInterruptionBehavior is not supported when requestType is set to persistent.",
        UNVERIFIED, _seen("pahud/cdk-spot-one#206")),
    "spot-until": Rule("ValidUntil of a one-time Spot request", "InvalidParameterCombination",
        "The parameter validUntil cannot be specified when the SpotRequestType is set to 'one-time'.",
        _seen("aws/aws-cli#4679"), _seen("aws/aws-cli#4679")),
    "spot-value": Rule("a Spot request type or interruption behaviour that there is not", "InvalidParameterValue",
        "Value ({value}) for parameter {name} is invalid.", _RUN, UNVERIFIED),
    # Shares with everyone
    "public-image-blocked": Rule("an image made public while Block Public Access is on", "OperationNotPermitted",
        "You can't publicly share this image because block public access for AMIs is enabled for this account. To "
        "publicly share the image, you must call the DisableImageBlockPublicAccess API.", _seen("public logs"),
        _seen("public logs")),
    "public-image-quota": Rule("more public images than the quota", "ResourceLimitExceeded",
        "You have reached your quota of {quota} for the number of public images allowed in this Region",
        _seen("public logs"), _seen("public logs")),
    "public-snapshot-blocked": Rule("a snapshot made public while Block Public Access is on",
        "OperationNotPermitted",
        "You can't publicly share this snapshot because block public access for snapshots is enabled for this "
        "account. To publicly share the snapshot, you must call the DisableSnapshotBlockPublicAccess API.",
        "EBS User Guide, block public access; the code is unverified", UNVERIFIED),
}  # fmt: skip


def refusal(rule: str, **values: object) -> CloudError:
    """What EC2 answers by a rule of the table.

    Args:
        values: what stands in the braces of its words.
    """
    found = RULES[rule]
    return CloudError(found.code, found.words.format(**values), found.status)
