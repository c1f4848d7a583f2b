import Tensors

/// The equation of an `Einsum`, such as `bij,bjk->bik`, for inputs of given shapes.
///
/// A subscript is a letter's Unicode value; the dimensions under `...` are -1 for the last of them, -2
/// for the one before, and so on.
struct EinsumEquation {
  /// The subscripts of each input.
  let inputs: [[Int]]
  let result: [Int]
  private var sizes: [Int: Int] = [:]

  init(_ text: String, shapes: [Shape]) throws {
    let characters = Array(text.unicodeScalars.filter { $0 != " " })
    func wrong(_ what: String) -> OperatorError {
      OperatorError("attribute equation is '\(shown: text)': \(what)")
    }
    var sides = [[[Unicode.Scalar]]()]
    sides[0].append([])
    var index = 0
    while index < characters.count {
      if characters[index] == "-", index + 1 < characters.count, characters[index + 1] == ">" {
        sides.append([[]])
        index += 2
        continue
      }
      if characters[index] == "," {
        sides[sides.count - 1].append([])
      } else {
        sides[sides.count - 1][sides[sides.count - 1].count - 1].append(characters[index])
      }
      index += 1
    }
    guard sides.count <= 2, sides.count == 1 || sides[1].count == 1 else {
      throw wrong("expected one result after one '->'")
    }
    guard sides[0].count == shapes.count else {
      throw wrong("\(sides[0].count) terms for \(shapes.count) inputs")
    }
    var inputs: [[Int]] = []
    for (term, shape) in zip(sides[0], shapes) {
      guard let subscripts = Self.subscripts(term, rank: shape.rank) else {
        throw wrong(
          "'\(shown: Self.text(term))' for an input of shape \(shape), expected a letter for each dimension, "
            + "or ... for some")
      }
      inputs.append(subscripts)
    }
    self.inputs = inputs
    let hidden = -(inputs.joined().min().map { Swift.min($0, 0) } ?? 0)
    if sides.count == 2 {
      let letters = sides[1][0].filter { $0 != "." }.count
      let dots = sides[1][0].count - letters
      guard
        let subscripts = Self.subscripts(sides[1][0], rank: letters + (dots > 0 ? hidden : 0)),
        Set(subscripts).count == subscripts.count,
        Set(subscripts).isSubset(of: Set(inputs.joined()).union((0..<hidden).map { -1 - $0 }))
      else { throw wrong("expected a result of the inputs' letters, each once") }
      result = subscripts
    } else {
      let letters = inputs.joined().filter { $0 >= 0 }
      let once = Dictionary(grouping: letters) { $0 }.filter { $1.count == 1 }.keys.sorted()
      result = (0..<hidden).map { $0 - hidden } + once
    }
    for (subscripts, shape) in zip(inputs, shapes) {
      for (name, size) in zip(subscripts, shape) {
        let known = sizes[name] ?? 1
        guard known == size || known == 1 || size == 1 else {
          throw wrong("dimensions of \(known) and \(size) have one subscript")
        }
        sizes[name] = known == 1 ? size : known
      }
    }
  }

  /// The dimensions of a tensor with these subscripts.
  func shape(of subscripts: [Int]) throws -> Shape {
    let shape = try Shape(validating: subscripts.map { sizes[$0] ?? 1 })
    guard shape.elementCount <= 1 << 31 else {
      throw OperatorError("a product of shape \(shape), expected at most 2^31 elements")
    }
    return shape
  }

  private static func subscripts(_ term: [Unicode.Scalar], rank: Int) -> [Int]? {
    let dots = term.indices.filter { term[$0] == "." }
    let letters = term.filter { $0 != "." }
    guard letters.allSatisfy({ ("a"..."z").contains($0) || ("A"..."Z").contains($0) }) else {
      return nil
    }
    let values = letters.map { Int($0.value) }
    if dots.isEmpty { return values.count == rank ? values : nil }
    guard dots.count == 3, dots[2] - dots[0] == 2, values.count <= rank else { return nil }
    let hidden = rank - values.count
    return values[..<dots[0]] + (0..<hidden).map { $0 - hidden } + values[dots[0]...]
  }

  private static func text(_ term: [Unicode.Scalar]) -> String {
    String(String.UnicodeScalarView(term))
  }
}
