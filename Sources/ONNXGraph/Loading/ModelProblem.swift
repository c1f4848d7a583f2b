/// Something wrong with a file that reading went on after.
package struct ModelProblem: Sendable {
  package enum Kind: Sendable {
    case irVersion, opset, duplicate, initializer, function
  }

  package let kind: Kind
  package let text: String
}

/// Collects what is wrong with a file.
final class ModelProblems {
  private(set) var list: [ModelProblem] = []

  func append(_ kind: ModelProblem.Kind, _ error: ModelError) {
    list.append(ModelProblem(kind: kind, text: error.description))
  }
}
