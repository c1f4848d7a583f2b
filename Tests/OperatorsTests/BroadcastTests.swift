import Operators
import Tensors
import Testing

@Suite("Broadcasting")
struct BroadcastTests {
  struct Row: CustomTestStringConvertible {
    let left: Shape
    let right: Shape
    let result: Shape
    var testDescription: String { "\(left) with \(right)" }
  }

  static let rows = [
    Row(left: [], right: [], result: []),
    Row(left: [3], right: [], result: [3]),
    Row(left: [], right: [2, 3], result: [2, 3]),
    Row(left: [1, 1], right: [1], result: [1, 1]),
    Row(left: [2, 3], right: [2, 3], result: [2, 3]),
    Row(left: [2, 3, 4], right: [4], result: [2, 3, 4]),
    Row(left: [2, 3, 4], right: [3, 1], result: [2, 3, 4]),
    Row(left: [1, 5, 1, 1], right: [2, 5, 3, 4], result: [2, 5, 3, 4]),
    Row(left: [2, 1, 3, 1], right: [1, 4, 1, 5], result: [2, 4, 3, 5]),
    Row(left: [3, 1, 2, 1, 2], right: [1, 2, 1, 3, 1], result: [3, 2, 2, 3, 2]),
    Row(left: [0], right: [1], result: [0]),
    Row(left: [2, 0, 3], right: [1, 1, 3], result: [2, 0, 3]),
    // Longer than a chunk in the last dimension, and in the others.
    Row(left: [2, 40_000], right: [2, 1], result: [2, 40_000]),
    Row(left: [70_001], right: [], result: [70_001]),
    Row(left: [20_000, 5], right: [5], result: [20_000, 5]),
    Row(left: [1, 3, 130, 130, 2], right: [1, 3, 1, 1, 2], result: [1, 3, 130, 130, 2]),
  ]

  @Test(arguments: rows)
  func subtractionReadsTheElementsThatBelongTogether(_ row: Row) throws {
    let a = (0..<row.left.elementCount).map { Float($0) }
    let b = (0..<row.right.elementCount).map { Float($0) * -0.5 + 7 }
    let found = try result(
      "Sub", opset: 7, Tensor(a, shape: row.left), Tensor(b, shape: row.right))
    #expect(found.shape == row.result)
    let expected = broadcastIndices([row.left, row.right], to: row.result).map {
      a[$0[0]] - b[$0[1]]
    }
    #expect(found.elements() == expected)
  }

  @Test(arguments: rows)
  func whereReadsTheElementsThatBelongTogether(_ row: Row) throws {
    let condition = (0..<row.left.elementCount).map { $0 % 3 == 0 }
    let a = (0..<row.right.elementCount).map { Int64($0) }
    let b = (0..<row.left.elementCount).map { Int64(-1 - $0) }
    let found = try result(
      "Where", opset: 9, Tensor(condition, shape: row.left), Tensor(a, shape: row.right),
      Tensor(b, shape: row.left))
    let expected = broadcastIndices([row.left, row.right], to: row.result).map {
      condition[$0[0]] ? a[$0[1]] : b[$0[0]]
    }
    #expect(found.shape == row.result)
    #expect(found.elements() == expected)
  }

  @Test func shapesThatDoNotBroadcastAreRefused() {
    let message = refusal(
      "Add", opset: 13, Tensor([1, 2, 3] as [Float]), Tensor([1, 2] as [Float]))
    #expect(message == "shapes [3] and [2] do not broadcast")
  }

  @Test func operandsOfTwoTypesAreRefused() {
    let message = refusal("Add", opset: 13, Tensor([1] as [Float]), Tensor([1] as [Int64]))
    #expect(message == "inputs are float32 and int64, expected one type")
  }
}

/// For each element of `result` in row-major order, the index each operand is read at.
func broadcastIndices(_ shapes: [Shape], to result: Shape) -> [[Int]] {
  (0..<result.elementCount).map { flat in
    var rest = flat
    let position = result.reversed().map { size in
      defer { rest /= size }
      return rest % size
    }
    return shapes.map { shape in
      var index = 0
      var step = 1
      for (axis, size) in shape.reversed().enumerated() {
        index += size == 1 ? 0 : position[axis] * step
        step *= size
      }
      return index
    }
  }
}
