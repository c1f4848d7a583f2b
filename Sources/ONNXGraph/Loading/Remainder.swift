/// What a message of the file holds beyond what the value made of it shows: documentation, fields
/// this project has no use for, fields it does not know, the order of unordered things.
///
/// It is written back with the value and takes no part in comparing values.
package struct Remainder<Message: Sendable>: Sendable, Equatable {
  package var message: Message

  package init(_ message: Message) { self.message = message }

  package static func == (left: Self, right: Self) -> Bool { true }
}
