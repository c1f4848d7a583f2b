import Detection
import Dumps
import Tensors

/// What a graph gives out, for a dump's tensors to be known by.
struct ExpectedOutput {
  let name: String
  let description: TensorDescription
  /// Whether the first axis after the batch counts rows, of which a dump may hold fewer.
  var holdsRows = false
}

/// A dump's tensors by the names of the graph's.
///
/// A tensor is known by its name, as the graph or as a file's name has it; else by its shape and its
/// type, where these leave one choice only.
struct DumpOutputs {
  /// Of the shapes the graph gives them.
  private(set) var tensors: [String: Tensor] = [:]
  /// Of `tensors`, those that are known by name.
  private(set) var named: Set<String> = []
  private(set) var unknown: [TensorArchive.Entry]
  /// Why an expected output is not among the tensors.
  private(set) var reasons: [String: String] = [:]
  /// Of those, the outputs that are there by name, but not as the graph gives them.
  private(set) var misshapen: Set<String> = []
  private let isTyped: Bool

  /// - Parameter isTyped: whether the tensors' types are the engine's own.
  init(_ archive: TensorArchive, as expected: [ExpectedOutput], isTyped: Bool) {
    unknown = archive.entries
    self.isTyped = isTyped
    for output in expected { takeByName(output, expected) }
    while let output = expected.first(where: { isSettled($0, among: expected) }) {
      let choice = choices(for: output)[0]
      tensors[output.name] = fitted(choice.tensor, to: output)
      unknown.removeAll { $0.name == choice.name }
    }
    for output in expected where isOpen(output) { reasons[output.name] = reason(output) }
  }

  private func isOpen(_ output: ExpectedOutput) -> Bool {
    tensors[output.name] == nil && reasons[output.name] == nil
  }

  private mutating func takeByName(_ output: ExpectedOutput, _ expected: [ExpectedOutput]) {
    let others = expected.map(\.name)
    let place =
      unknown.firstIndex { $0.name == output.name }
      ?? unknown.firstIndex {
        $0.name == output.name.inFileName && !others.contains($0.name)
      }
    guard let place else { return }
    let entry = unknown.remove(at: place)
    // A name tells more than a type: numbers of rows and classes may come as floats.
    if let tensor = shaped(entry.tensor, as: output) {
      tensors[output.name] = tensor
      named.insert(output.name)
    } else {
      misshapen.insert(output.name)
      reasons[output.name] =
        "'\(shown: entry.name)' is \(entry.tensor.elementType)\(entry.tensor.shape) in the dump, expected "
        + "\(output.text)"
    }
  }

  /// Tensors that can be this output.
  private func choices(for output: ExpectedOutput) -> [TensorArchive.Entry] {
    unknown.filter { fitted($0.tensor, to: output) != nil }
  }

  /// Whether nothing but one tensor, or its equals, can be this output, and none of the others needs
  /// it as well.
  private func isSettled(_ output: ExpectedOutput, among expected: [ExpectedOutput]) -> Bool {
    func onlyChoices(_ output: ExpectedOutput) -> [TensorArchive.Entry]? {
      let choices = choices(for: output)
      guard isOpen(output), let first = choices.first,
        choices.allSatisfy({ $0.tensor == first.tensor })
      else { return nil }
      return choices
    }
    guard let own = onlyChoices(output) else { return false }
    let rivals = expected.count { other in
      other.name != output.name && onlyChoices(other).map { $0[0].tensor == own[0].tensor } ?? false
    }
    return rivals < own.count
  }

  private func reason(_ output: ExpectedOutput) -> String {
    let found = unknown.map { "'\(shown: $0.name)' \($0.tensor.elementType)\($0.tensor.shape)" }
    let isAmbiguous = !choices(for: output).isEmpty
    return "the dump has no '\(shown: output.name)' \(output.text)"
      + (found.isEmpty ? "" : "; it also holds \(found.joined(separator: ", "))")
      + (isAmbiguous ? ": several could be it" : "")
  }

  /// The tensor under the output's shape; `nil` when it cannot be this output.
  private func fitted(_ tensor: Tensor, to output: ExpectedOutput) -> Tensor? {
    let type = output.description.elementType
    let isOfType =
      isTyped
      ? tensor.elementType.isFloatingPoint == type.isFloatingPoint
      : type.isFloatingPoint || tensor.holdsIntegers
    return isOfType ? shaped(tensor, as: output) : nil
  }

  private func shaped(_ tensor: Tensor, as output: ExpectedOutput) -> Tensor? {
    let shape = output.description.shape
    if tensor.shape.withoutOnes == shape.withoutOnes { return tensor.reshaped(to: shape) }
    return output.holdsRows ? tensor.paddedRows(to: shape) : nil
  }
}

extension ExpectedOutput {
  fileprivate var text: String { "\(description.elementType)\(description.shape)" }
}

extension Shape {
  fileprivate var withoutOnes: [Int] { filter { $0 != 1 } }
}

extension Tensor {
  /// Whether every element is a finite integer.
  fileprivate var holdsIntegers: Bool {
    elementType == .float32
      ? withElements(of: Float.self) { $0.allSatisfy { $0.isFinite && $0 == $0.rounded() } }
      : !elementType.isFloatingPoint
  }

  /// The rows of a single image, and rows of zeros after them, as the plugin has them.
  ///
  /// - Parameter shape: `[1, rows, …]`.
  /// - Returns: `nil` when this is not such rows, or more of them.
  fileprivate func paddedRows(to shape: Shape) -> Tensor? {
    guard shape.rank >= 2, shape[0] == 1 else { return nil }
    let row = Array(shape.dropFirst(2))
    let dimensions = rankIsBatched(shape) ? Array(self.shape.dropFirst()) : Array(self.shape)
    guard let count = dimensions.first, Array(dimensions.dropFirst()) == row, count < shape[1]
    else {
      return nil
    }
    let padded = MutableTensor(elementType: elementType, shape: shape)
    padded.unsafeBytes.initializeMemory(as: UInt8.self, repeating: 0)
    withUnsafeBytes { padded.unsafeBytes.copyMemory(from: $0) }
    return padded.tensor
  }

  private func rankIsBatched(_ expected: Shape) -> Bool {
    shape.rank == expected.rank && shape.first == 1
  }
}
