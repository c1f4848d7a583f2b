import FoundationEssentials
import Tensors

/// The name of a file of bare elements, row-major and little-endian, as `trtexec
/// --dumpRawBindingsToFile` makes it: `<name>.<input|output>.<d0.d1…>.<type>.raw`.
///
/// trtexec writes `_` for what is neither an ASCII letter, a digit nor one of `. _ - ,`, and leaves
/// out the middle of what is longer than 150 bytes.
public struct RawFileName: Sendable, Equatable, CustomStringConvertible {
  public var name: String
  public var isInput: Bool
  public var shape: Shape
  public var elementType: ElementType

  public init(name: String, isInput: Bool, tensor: Tensor) {
    self.name = name
    self.isInput = isInput
    shape = tensor.shape
    elementType = tensor.elementType
  }

  /// - Returns: `nil` for what is no such name.
  public init?(_ fileName: String) {
    var parts = fileName.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.popLast() == "raw", let type = parts.popLast(),
      let elementType = ElementType(trtexecName: String(type))
    else { return nil }
    var dimensions: [Int] = []
    while let last = parts.last, let size = Int(last), size >= 0 {
      dimensions.insert(size, at: 0)
      parts.removeLast()
    }
    // A scalar has an empty list of dimensions.
    if dimensions.isEmpty, parts.last?.isEmpty == true { parts.removeLast() }
    guard let direction = parts.popLast(), direction == "input" || direction == "output",
      !parts.isEmpty, let shape = try? Shape(validating: dimensions)
    else { return nil }
    name = parts.joined(separator: ".")
    isInput = direction == "input"
    self.shape = shape
    self.elementType = elementType
  }

  public var description: String {
    let dimensions = shape.map(String.init).joined(separator: ".")
    let direction = isInput ? "input" : "output"
    return "\(name.inFileName).\(direction).\(dimensions).\(elementType.trtexecName).raw"
  }
}

extension RawFileName {
  /// The tensor in a file, of this name and shape.
  func entry(ofFile path: String) throws(TensorError) -> TensorArchive.Entry {
    TensorArchive.Entry(
      name: name, tensor: try Tensor(rawFile: path, elementType: elementType, shape: shape))
  }
}

extension Tensor {
  /// Reads a file of bare elements in row-major order, little-endian.
  init(rawFile path: String, elementType: ElementType, shape: Shape) throws(TensorError) {
    self = try naming(path) { () throws(TensorError) in
      let file = try MappedFile(path: path)
      let expected = shape.elementCount * elementType.byteCount
      guard file.bytes.count == expected else {
        throw TensorError(
          "\(file.bytes.count) bytes; expected \(expected) for \(shape) \(elementType)")
      }
      let tensor = MutableTensor(elementType: elementType, shape: shape)
      let target = tensor.unsafeBytes
      target.copyMemory(from: file.bytes)
      if elementType == .bool {
        for index in target.indices where target[index] > 1 { target[index] = 1 }
      }
      return tensor.tensor
    }
  }

  /// The elements' bytes in row-major order, little-endian, as trtexec's `--loadInputs` takes them.
  public func rawData() -> Data { withUnsafeBytes { Data($0) } }
}

extension String {
  /// The name as trtexec has it in a file's name.
  package var inFileName: String {
    String(
      decoding: utf8.map { byte -> UInt8 in
        let isKept =
          (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & ~0x20)
          || "._-,".utf8.contains(byte)
        return isKept ? byte : UInt8(ascii: "_")
      }, as: UTF8.self)
  }
}

extension ElementType {
  /// The type as trtexec names it in a file's name.
  var trtexecName: String {
    switch self {
    case .float32: "fp32"
    case .float16: "fp16"
    case .bfloat16: "bf16"
    default: rawValue
    }
  }

  init?(trtexecName: String) {
    guard let type = ElementType.allCases.first(where: { $0.trtexecName == trtexecName }) else {
      return nil
    }
    self = type
  }
}
